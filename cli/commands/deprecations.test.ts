import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestApp, type TestApp } from "../../server/test-app.ts";
import { createTestTerminal } from "../test-terminal.ts";

const now = Date.parse("2026-11-26T12:00:00Z") / 1000;
/** A machine without a server. */
const alone = createTestTerminal({ now });
const terminalOf = (app: TestApp) =>
  createTestTerminal({ now, fetch: async (url, init) => app.app.request(String(url), init) });

test("a vendor's dates are listed without a server, the soonest first, with what is left", async () => {
  const { code, out, err } = await alone("deprecations", "--vendor", "openai");
  assert.deepEqual([code, err], [0, ""]);
  const [head, first] = out.split("\n");
  assert.match(head ?? "", /^DATE +LEFT +VENDOR +WHAT +HAPPENS +REPLACEMENT$/);
  assert.match(first ?? "", /^2026-11-30 {2}4 days +openai {2}Agent Builder +shut down +Agents SDK$/);
  assert.match(out, /^2027-01-06 {2}41 days +openai {2}New fine-tuning jobs of everyone +training ends/m);
  assert.doesNotMatch(out, /dall-e-3|azure/);
  const days = out
    .split("\n")
    .slice(1, -1)
    .map((line) => line.slice(0, 10));
  assert.deepEqual(days, days.toSorted());
});

test("--all adds what is over, --after and --before narrow it, to the day", async () => {
  const all = await alone("deprecations", "--vendor", "openai", "--all");
  assert.match(all.out, /^2026-05-12 {2}198 days ago +openai {2}dall-e-3/m);
  assert.match(
    all.out,
    /^2026-10-31 {2}26 days ago +openai {2}Evals platform, dashboard and API +read-only/m,
  );
  const range = ["--after", "2026-10-31", "--before", "2026-11-30"];
  const { out } = await alone("deprecations", "--vendor", "openai", ...range);
  assert.deepEqual(
    [
      ...new Set(
        out
          .split("\n")
          .slice(1, -1)
          .map((line) => line.slice(0, 10)),
      ),
    ],
    ["2026-10-31", "2026-11-30"],
  );
  const asJson = JSON.parse((await alone("deprecations", "--vendor", "azure", "--json")).out);
  assert.equal(asJson[0].object, "deprecation");
  assert.equal(asJson.length, 7);
});

test("a narrow terminal keeps names whole and leaves the replacement out", async () => {
  const narrow = createTestTerminal({ now, columns: 80 });
  const { out } = await narrow("deprecations", "--vendor", "openai");
  assert.ok(out.split("\n").every((line) => line.length <= 80));
  assert.match(out, /ft:gpt-4\.1-mini-2025-04-14 +shut down$/m);
  assert.doesNotMatch(out, /REPLACEMENT/);
});

test("by itself the command shows this server's dates too, or says why not", async () => {
  const { code, out, err } = await alone("deprecations");
  assert.equal(code, 0);
  assert.match(err, /^Without the dates of your own server: .*cannot be reached.*\n$/);
  assert.match(out, /azure/);
  await using app = await createTestApp();
  const there = await terminalOf(app)("deprecations");
  assert.deepEqual([there.code, there.err], [0, ""]);
  const own = await terminalOf(app)("deprecations", "--vendor", "own");
  assert.deepEqual([own.code, own.out], [0, ""]);
  assert.match(own.err, /No date is ahead/);
  const none = await alone("deprecations", "--vendor", "own");
  assert.equal(none.code, 1);
  assert.match(none.err, /cannot be reached/);
});
