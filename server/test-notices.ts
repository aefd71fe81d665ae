import { join } from "node:path";
import { sql } from "kysely";
import type { LifecycleNotice } from "../contract/notices.ts";
import { openDatabase } from "./database/database.ts";
import { createTestApp, type TestApp } from "./test-app.ts";
import { ADMIN, applyChange as apply } from "./test-lifecycle.ts";

export const NOTICES = "/v1/perennial/lifecycle/notices";
export const CONTACTS = "/v1/perennial/lifecycle/contacts";
/** 2027-01-15, 08:00 UTC. */
export const NOW = 1_800_000_000;
export const DAY = 86_400;

/** The app with webhooks to loopback, mail to `smtp` and a clock that the test moves. */
export async function createNoticedApp(
  options: Parameters<typeof createTestApp>[0] & { smtp?: string } = {},
) {
  const clock = { now: NOW };
  const mail: Record<string, string> = options.smtp
    ? { PERENNIAL_SMTP_URL: options.smtp, PERENNIAL_MAIL_FROM: "Perennial <notices@example.com>" }
    : {};
  const app = await createTestApp({
    now: () => clock.now,
    ...options,
    environment: { PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES: "allow", ...mail, ...options.environment },
  });
  return Object.assign(app, {
    clock,
    tick: () => app.telling.teller.tick(),
    /** Time goes by, and what sends notices it. */
    advance(seconds: number) {
      clock.now += seconds;
      app.telling.wake();
    },
  });
}
export type NoticedApp = Awaited<ReturnType<typeof createNoticedApp>>;

const failure = (what: string, answer: unknown) => new Error(`${what}: ${JSON.stringify(answer)}`);

/** Applies a change of the life cycle; what there was to tell has been told after it. */
export async function applyChange(app: NoticedApp, document: object): Promise<{ id: string }> {
  const change = await apply(app, document);
  await app.tick();
  return change;
}

export const projectOfKey = async (app: TestApp): Promise<{ project_id: string; organization_id: string }> =>
  app.json(app.call("/v1/perennial/lifecycle/status"));

type Seeds = {
  /** Calls to the base itself, and to models tuned on it, by unix seconds. */
  calls?: readonly { at: number; model: string; key?: string; isTuned?: boolean }[];
  /** Tuned models. */
  models?: readonly string[];
};

/** Writes down what a project has done: what would take days, or a training, otherwise. */
export async function seed(
  folder: string,
  { project_id, organization_id }: { project_id: string; organization_id: string },
  { calls = [], models = [] }: Seeds,
): Promise<void> {
  const db = openDatabase(join(folder, "perennial.sqlite"));
  // A tuned model's job, and all that belongs to it, is not what these tests are about.
  await sql`pragma foreign_keys=off`.execute(db);
  const counts = { requests: 1, input_tokens: 5, output_tokens: 1, base_model: "tiny-base" };
  for (const { at, model, key = "key_none", isTuned = false } of calls) {
    const row = { day: Math.floor(at / DAY), project_id, organization_id, key_id: key, model };
    const times = { is_tuned: isTuned ? 1 : 0, first_at: at, last_at: at };
    await db
      .insertInto("usage_days")
      .values({ ...row, ...times, ...counts })
      .execute();
  }
  for (const id of models) {
    const model = { id, project_id, organization_id, base_model: "tiny-base", adapter: `adapter-${id}` };
    await db
      .insertInto("tuned_models")
      .values({ ...model, job_id: `ftjob-${id}`, created_at: NOW, deleted_at: null })
      .execute();
  }
  await db.destroy();
}

export const noticesOf = async (app: TestApp, key?: string): Promise<LifecycleNotice[]> =>
  (await app.json(app.call(`${NOTICES}?limit=100`, {}, key))).data;

/** Asks until the notice's mail is as wanted. */
export async function waitForMail(
  app: TestApp,
  isWanted: (mail: LifecycleNotice["deliveries"][number]) => boolean,
): Promise<LifecycleNotice["deliveries"][number]> {
  for (let tries = 0; tries < 500; tries += 1) {
    const all = (await noticesOf(app, ADMIN)).flatMap(({ deliveries }) => deliveries);
    const found = all.find(isWanted);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw failure("No mail became as wanted", await noticesOf(app, ADMIN));
}
