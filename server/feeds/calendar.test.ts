import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { icsCalendar } from "./calendar.ts";
import { hostile, hostileEntries, ownEntry } from "./test-entries.ts";
import { deprecationsOf, feed } from "./test-feeds.ts";

type Line = { readonly name: string; readonly parameters: string; readonly value: string };
type Component = { readonly name: string; readonly lines: Line[]; readonly parts: Component[] };

/** RFC 5545 allows no control character but the tab. */
const LINE = /^([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"\p{Cc}]*"|[^";:,\p{Cc}]*))*):((?:\t|\P{Cc})*)$/u;

/** RFC 5545's content lines: CRLF, 75 bytes, folded where they are longer. */
function unfold(text: string): string[] {
  const raw = text.endsWith("\r\n") ? text.slice(0, -2).split("\r\n") : text.split("\r\n");
  for (const line of raw) {
    assert.ok(Buffer.byteLength(line) <= 75, `too long: ${line}`);
    assert.doesNotMatch(line, /[\r\n]/);
    assert.ok(line.isWellFormed());
  }
  return raw.reduce<string[]>((lines, line) => {
    if (line.startsWith(" ")) lines.push(`${lines.pop()}${line.slice(1)}`);
    else lines.push(line);
    return lines;
  }, []);
}

function parseIcs(text: string): Component {
  const root: Component = { name: "", lines: [], parts: [] };
  const open = [root];
  for (const line of unfold(text)) {
    const [, name = "", parameters = "", value = ""] =
      LINE.exec(line) ?? assert.fail(`no content line: ${line}`);
    const parent = open.at(-1);
    assert.ok(parent);
    if (name === "BEGIN") {
      const part = { name: value, lines: [], parts: [] };
      parent.parts.push(part);
      open.push(part);
    } else if (name === "END") assert.equal(open.pop()?.name, value);
    else parent.lines.push({ name, parameters, value });
  }
  assert.equal(open.length, 1);
  const [calendar] = root.parts;
  assert.ok(calendar && root.parts.length === 1 && calendar.name === "VCALENDAR");
  return calendar;
}

const lineOf = ({ name: component, lines }: Component, name: string): Line => {
  const [line, ...others] = lines.filter((one) => one.name === name);
  assert.ok(line && others.length === 0, `${component} has one ${name}`);
  return line;
};

const unescaped = (text: string): string =>
  text.replace(/\\([\\;,nN])/g, (_, sign: string) => (sign.toLowerCase() === "n" ? "\n" : sign));

async function read(own: Parameters<typeof deprecationsOf>[0], vendor: "own" | "all" = "own") {
  return parseIcs(icsCalendar(await deprecationsOf(own).list({ vendor }), feed));
}

test("every calendar keeps RFC 5545's grammar and has what it demands", async () => {
  const calendar = await read([ownEntry(), ...hostileEntries], "all");
  assert.equal(lineOf(calendar, "VERSION").value, "2.0");
  assert.match(lineOf(calendar, "PRODID").value, /Perennial/);
  assert.ok(calendar.parts.length > 120);
  const uids = calendar.parts.map((event) => {
    assert.equal(event.name, "VEVENT");
    assert.match(lineOf(event, "DTSTAMP").value, /^\d{8}T\d{6}Z$/);
    const start = lineOf(event, "DTSTART");
    assert.equal(start.parameters, ";VALUE=DATE");
    assert.match(start.value, /^\d{8}$/);
    assert.ok(lineOf(event, "SUMMARY").value.length > 0);
    assert.ok(URL.canParse(lineOf(event, "URL").value));
    return lineOf(event, "UID").value;
  });
  assert.equal(new Set(uids).size, uids.length);
});

test("each day is an event of a whole day, whatever the time zone of the server", async () => {
  const zone = process.env.TZ;
  try {
    for (const name of ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"]) {
      process.env.TZ = name;
      const { parts } = await read([ownEntry()]);
      assert.deepEqual(
        parts.map((event) => [lineOf(event, "DTSTART").value, unescaped(lineOf(event, "SUMMARY").value)]),
        [
          ["20261210", "tiny-base: training ends"],
          ["20270110", "tiny-base: shut down"],
        ],
      );
    }
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test("an event keeps its UID when its day moves, and nothing changes by itself", async () => {
  const uids = ({ parts }: Component) => parts.map((event) => lineOf(event, "UID").value);
  const first = await read([ownEntry()]);
  assert.deepEqual(await read([ownEntry()]), first);
  const moved = ownEntry({
    dates: [
      { what: "training_ends", date: "2027-03-03", note: null },
      { what: "shutdown", date: "2028-01-01", note: null },
    ],
  });
  assert.deepEqual(uids(await read([moved])), uids(first));
  const stages = ["2026-05-07", "2026-07-02"].map((date) => ({
    what: "stage" as const,
    date,
    note: "for some",
  }));
  assert.equal(new Set(uids(await read([ownEntry({ dates: stages })]))).size, 2);
});

test("no name breaks out of its line", async () => {
  const { parts } = await read(hostileEntries);
  assert.equal(parts.length, hostile.length);
  const summaries = parts.map((event) => unescaped(lineOf(event, "SUMMARY").value));
  for (const text of ["semi;colon,comma\\n\\", "🦙".repeat(60), "a&b&amp;c"])
    assert.ok(
      summaries.some((summary) => summary.startsWith(`${text}: `)),
      text,
    );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 120 }), async (text) => {
      const entry = ownEntry({
        id: `own:model:${text.toWellFormed()}`,
        subject: text,
        message: text,
        successor: text,
      });
      assert.equal((await read([entry])).parts.length, text.startsWith("ft:") ? 0 : 2);
    }),
  );
});

test("a calendar without events is still one", async () => {
  const { parts } = await read([]);
  assert.deepEqual(
    parts.map(({ name }) => name),
    ["VTIMEZONE"],
  );
});
