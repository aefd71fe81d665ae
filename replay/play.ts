import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ErrorBody } from "../contract/errors.ts";
import type { ReplayAnswer, ReplayLine, ReplayMoment } from "../contract/replay.ts";
import { type Application, openApplication, successOf } from "./application.ts";
import { type Action, type Actor, actions, actors, decisions, MINI, moments } from "./story.ts";

const rows = Array.from({ length: 10 }, (_, index) =>
  JSON.stringify({
    messages: [
      { role: "user", content: `question ${index}` },
      { role: "assistant", content: "answer" },
    ],
  }),
).join("\n");

/** An organization of the replay, with what it needs to ask. */
type Member = {
  readonly actor: Actor;
  readonly id: string;
  readonly key: string;
  readonly file: string;
  model: string;
};

const seconds = (time: string) => Date.parse(time) / 1000;

async function uploadRows(app: Application, key: string): Promise<string> {
  const form = new FormData();
  form.append("purpose", "fine-tune");
  form.append("file", new File([rows], "train.jsonl"));
  return (await successOf(app.send("/v1/files", key, { method: "POST", body: form }))).id;
}

async function joinIn(app: Application, actor: Actor): Promise<Member> {
  const made = await successOf(app.post("/v1/perennial/organizations", app.adminKey, { name: actor.name }));
  const path = `/v1/organization/projects/${made.default_project}/api_keys`;
  const { value: key } = await successOf(app.post(path, made.admin_key, { name: "replay" }));
  return { actor, id: made.id, key, file: await uploadRows(app, key), model: actor.base };
}

const createJob = (app: Application, { key, file }: Member, model: string) =>
  app.post("/v1/fine_tuning/jobs", key, { model, training_file: file });

const chat = (app: Application, { key, model }: Member) =>
  app.post("/v1/chat/completions", key, { model, messages: [{ role: "user", content: "hi" }] });

async function tune(app: Application, member: Member): Promise<void> {
  const { id } = await successOf(createJob(app, member, member.actor.base));
  for (;;) {
    const job = await successOf(app.send(`/v1/fine_tuning/jobs/${id}`, member.key));
    if (job.status === "failed") throw new Error(`The replay's job failed: ${job.error.message}`);
    if (job.status === "succeeded") {
      member.model = job.fine_tuned_model;
      return;
    }
    await delay(2);
  }
}

async function apply(app: Application, document: object): Promise<void> {
  const path = "/v1/perennial/lifecycle";
  const { hash } = await successOf(app.post(`${path}/plans`, app.adminKey, document));
  await successOf(app.post(`${path}/changes`, app.adminKey, { document, plan_hash: hash }));
}

async function answerOf(response: Response): Promise<ReplayAnswer> {
  const parsed = ErrorBody.safeParse(JSON.parse(await response.text()));
  const { code = null, message = null } = parsed.success ? parsed.data.error : {};
  const header = (name: string) => response.headers.get(name);
  return {
    status: response.status,
    code,
    message,
    deprecation: header("deprecation"),
    sunset: header("sunset"),
  };
}

/** By organization, on the base that lasts longest: whether it may train at all. */
async function askAll(copy: string, now: number, members: readonly Member[]) {
  await using app = await openApplication(copy, { now });
  const answers: ReplayMoment["answers"] = {};
  for (const member of members) {
    const create = await answerOf(await createJob(app, member, MINI));
    answers[member.actor.name] = { create, infer: await answerOf(await chat(app, member)) };
  }
  return answers;
}

/** Asks on a copy of everything as it is now: a question that is answered would itself be a job, and a call. */
function ask(folder: string, now: number, members: readonly Member[]) {
  const copy = mkdtempSync(`${folder}-`);
  cpSync(folder, copy, { recursive: true });
  const asked = members.map((member) => ({ ...member }));
  return askAll(copy, now, asked).finally(() => rmSync(copy, { recursive: true, force: true }));
}

type Step = { readonly at: string; readonly run: () => Promise<void> };

function stepsOf(app: Application, members: readonly Member[]): Step[] {
  const memberOf = ({ who }: Action) => {
    const found = members.find(({ actor }) => actor.name === who);
    if (!found) throw new Error(`The story has nobody called ${who}.`);
    return found;
  };
  const holder = memberOf({ at: "", who: "except", does: "call" });
  const own = actions.map((action) => ({
    at: action.at,
    run: async () => {
      if (action.does === "tune") await tune(app, memberOf(action));
      else await answerOf(await chat(app, memberOf(action)));
    },
  }));
  const operators = decisions(holder.id).map(({ at, document }) => ({ at, run: () => apply(app, document) }));
  return [...own, ...operators].sort((a, b) => seconds(a.at) - seconds(b.at));
}

async function play(folder: string, tell: (line: ReplayLine) => void): Promise<void> {
  const clock = { now: seconds("2026-05-01T00:00:00Z") };
  await using app = await openApplication(folder, clock);
  const members: Member[] = [];
  for (const actor of actors) members.push(await joinIn(app, actor));
  const steps = stepsOf(app, members);
  tell({ type: "begin", moments: moments.length });
  const asked: Promise<ReplayMoment>[] = [];
  for (const { at, note } of moments) {
    while (steps[0] && seconds(steps[0].at) <= seconds(at)) {
      const step = steps.shift();
      clock.now = seconds(step?.at ?? at);
      await step?.run();
    }
    clock.now = seconds(at);
    // The story goes on meanwhile: what is asked is asked of a copy.
    asked.push(ask(folder, clock.now, members).then((answers) => ({ at, note, answers })));
  }
  for (const moment of asked) tell({ type: "moment", moment: await moment });
  for (const { actor, model } of members)
    tell({ type: "organization", organization: { name: actor.name, story: actor.story, model } });
}

/** Plays the story on the real application; `folder` is empty, and the caller's to remove. */
export const replay = (folder: string, tell: (line: ReplayLine) => void): Promise<void> => {
  const story = join(folder, "story");
  mkdirSync(story);
  return play(story, tell);
};
