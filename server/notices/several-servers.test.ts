import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { type Database, openDatabase } from "../database/database.ts";
import { DAY, NOW } from "../test-notices.ts";
import { createMailbox, type Mailbox } from "./fixtures/mailbox.ts";

const program = join(import.meta.dirname, "..", "test-tell-process.ts");
const SHUTDOWN = JSON.stringify({
  id: "tiny-base",
  announced_at: "2027-01-01",
  shutdown_at: "2027-06-01",
  tuned_models: "end_with_base",
});

function dataFolder() {
  const path = mkdtempSync(join(tmpdir(), "perennial-servers-"));
  const db = openDatabase(join(path, "perennial.sqlite"));
  const dispose = async () => {
    await db.destroy();
    rmSync(path, { recursive: true });
  };
  return { path, db, [Symbol.asyncDispose]: dispose };
}

/** Organizations with a project each that calls the base, and a contact. */
async function seedOrganizations(db: Database, count: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (let index = 0; index < count; index += 1) {
      const [id, organization_id] = [`proj_${index}`, `org-${index}`];
      const at = { created_at: NOW - 100 * DAY };
      await trx
        .insertInto("organizations")
        .values({ id: organization_id, slug: `o${index}`, ...at })
        .execute();
      await trx
        .insertInto("projects")
        .values({ id, organization_id, name: "p", is_default: 1, archived_at: null, ...at })
        .execute();
      const who = { project_id: id, organization_id, key_id: "key_1", model: "tiny-base", is_tuned: 0 };
      const when = { day: Math.floor(NOW / DAY) - 1, first_at: NOW - DAY, last_at: NOW - DAY };
      const counts = { requests: 1, input_tokens: 1, output_tokens: 1, base_model: "tiny-base" };
      await trx
        .insertInto("usage_days")
        .values({ ...who, ...when, ...counts })
        .execute();
      const contact = {
        id: `ctc_${index}`,
        organization_id,
        project_id: null,
        email: `o${index}@example.com`,
      };
      await trx
        .insertInto("notice_contacts")
        .values({ ...contact, ...at })
        .execute();
    }
  });
}

/** Puts the base's end in force, as a change by another server would. */
const announce = (db: Database) =>
  db.insertInto("lifecycle_entries").values({ kind: "model", name: "tiny-base", value: SHUTDOWN }).execute();

async function startServer(folder: string, mailbox: Mailbox) {
  const child = spawn(process.execPath, [program, folder, mailbox.url], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  assert.equal(await nextLine(), "ready");
  return {
    tick: () => child.stdin.write("\n"),
    nextLine,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

const countNotices = async (db: Database) => {
  const rows = await db.selectFrom("notices").select("project_id").execute();
  return { told: rows.length, projects: new Set(rows.map(({ project_id }) => project_id)).size };
};

async function countRows(db: Database, table: "webhook_events" | "notice_mails") {
  const count = db.fn.countAll<number>().as("count");
  return (await db.selectFrom(table).select(count).executeTakeFirstOrThrow()).count;
}

const sentOnce = async (mailbox: Mailbox, count: number) => {
  await mailbox.first(count);
  const addresses = mailbox.received.flatMap(({ to }) => to);
  assert.deepEqual([addresses.length, new Set(addresses).size], [count, count]);
};

test("two servers on one database that tell at the same moment tell and mail everybody once", async () => {
  await using folder = dataFolder();
  await using mailbox = await createMailbox();
  await using one = await startServer(folder.path, mailbox);
  await using other = await startServer(folder.path, mailbox);
  await seedOrganizations(folder.db, 120);
  await announce(folder.db);
  one.tick();
  other.tick();
  const counts = [Number(await one.nextLine()), Number(await other.nextLine())];
  assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), 120, String(counts));
  assert.deepEqual(await countNotices(folder.db), { told: 120, projects: 120 });
  assert.deepEqual(
    [await countRows(folder.db, "webhook_events"), await countRows(folder.db, "notice_mails")],
    [120, 120],
  );
  await sentOnce(mailbox, 120);
});

test("a server that is killed while it tells is followed by one that tells the rest, and nobody twice", async () => {
  await using folder = dataFolder();
  await using mailbox = await createMailbox();
  const killed = await startServer(folder.path, mailbox);
  await seedOrganizations(folder.db, 1000);
  await announce(folder.db);
  killed.tick();
  for (let told = 0; told === 0; ) ({ told } = await countNotices(folder.db));
  await killed.kill();
  const { told } = await countNotices(folder.db);
  assert.ok(told > 0 && told < 1000, `${told} were told before it was killed`);

  await using next = await startServer(folder.path, mailbox);
  assert.deepEqual(await countNotices(folder.db), { told: 1000, projects: 1000 });
  assert.deepEqual(
    [await countRows(folder.db, "webhook_events"), await countRows(folder.db, "notice_mails")],
    [1000, 1000],
  );
  next.tick();
  assert.equal(await next.nextLine(), "0");
});
