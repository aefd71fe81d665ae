import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { ErrorBody } from "../../contract/errors.ts";
import { nearest } from "../../server/serving/fixtures/signature.ts";
import { addRandomModels, type Project } from "../support/random-models.ts";
import { lacksModel, type Server, startServer } from "../support/server.ts";

/** How long; the tests' own limit is 10 minutes a file, unless `node --test` is told otherwise. */
const SECONDS = Number(process.env.PERENNIAL_SOAK_SECONDS ?? 540);
const WORKERS = 10;
const ADAPTERS = 3;
/** On the average. An engine that dies again within 20 s is started after a pause, and the pauses grow. */
const KILL_EVERY_MS = 30_000;
/** Of requests for the one adapter too many, each of which lets another process be started. */
const SELDOM = 0.05;
const settings = {
  PERENNIAL_ENGINE_SLOTS: "4",
  // One less than there are, so that adapters come and go.
  PERENNIAL_ENGINE_ADAPTERS: "2",
  PERENNIAL_ENGINE_IDLE_SECONDS: "5",
  PERENNIAL_ENGINE_QUEUE: "16",
  PERENNIAL_PROJECT_QUEUE: "10",
  PERENNIAL_LOG: "warn",
};

/** Every error that a caller may meet here, by status; each says when to come back. */
const ALLOWED: Readonly<Record<number, readonly string[]>> = {
  429: ["rate_limit_exceeded"],
  503: ["engine_overloaded", "engine_unavailable", "deadline_exceeded"],
};

type Asked = { readonly project: Project; readonly place: number; readonly body: object };
type Outcome = "answered" | "left" | "broke" | "refused";

const pause = (ms: number) => new Promise((wait) => setTimeout(wait, ms));
const pick = (below: number) => Math.floor(Math.random() * below);
const question = (content: string) => ({ messages: [{ role: "user", content }], temperature: 0 });
const SIGNED = { ...question("Say hello to Bob."), max_tokens: 1, logprobs: true, top_logprobs: 20 };
const STORY = { ...question("Tell a long story."), max_tokens: 60, stream: true };
const LONG = { ...question("Count to one hundred. ".repeat(280)), max_tokens: 2, stream: true };

describe("a soak: many models, many projects, clients that leave, engines that are killed", {
  skip: lacksModel,
}, () => {
  let server: Server;
  let projects: Project[];
  const signatures: Map<string, number>[] = [];
  const counts = new Map<string, number>();
  const note = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);

  before(async () => {
    server = await startServer({ env: settings });
    projects = await addRandomModels(server, { projects: 3, count: ADAPTERS });
  });
  after(async () => {
    // Why engines died or did not start, in the server's own words.
    for (const line of server?.output().split("\n").slice(-20) ?? []) if (line) console.log(line);
    await server?.[Symbol.asyncDispose]();
  });

  function send({ project, place, body }: Asked, signal: AbortSignal | null = null): Promise<Response> {
    return fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      signal,
      headers: { authorization: `Bearer ${project.key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: project.models[place], ...body }),
    });
  }

  async function assertAllowed(response: Response): Promise<void> {
    const text = await response.text();
    const { error } = ErrorBody.parse(JSON.parse(text));
    assert.ok(ALLOWED[response.status]?.includes(error.code ?? ""), `${response.status} ${text}`);
    assert.ok(Number(response.headers.get("retry-after")) >= 1, text);
    note(`${response.status} ${error.code}`);
  }

  type Likely = { token: string; logprob: number }[];
  const signatureIn = (likely: Likely) => new Map(likely.map(({ token, logprob }) => [token, logprob]));

  async function signed(asked: Asked): Promise<Outcome> {
    const response = await send(asked);
    if (response.status !== 200) {
      await assertAllowed(response);
      return "refused";
    }
    const { choices } = JSON.parse(await response.text());
    const said = signatureIn(choices[0].logprobs.content[0].top_logprobs);
    assert.equal(nearest(signatures, said), asked.place, "another model's answer");
    return "answered";
  }

  /** Reads to the end, or leaves after some pieces. */
  async function streamed(asked: Asked, leaveAfter: number): Promise<Outcome> {
    const response = await send(asked);
    if (response.status !== 200) {
      await assertAllowed(response);
      return "refused";
    }
    let text = "";
    let pieces = 0;
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece).toString();
      pieces += 1;
      if (pieces >= leaveAfter) return "left";
    }
    const last = text.trimEnd().split("\n\n").at(-1)?.slice("data: ".length) ?? "";
    if (last === "[DONE]") return "answered";
    const { error } = ErrorBody.parse(JSON.parse(last));
    assert.ok(ALLOWED[503]?.includes(error.code ?? ""), last);
    note(`stream ${error.code}`);
    return "broke";
  }

  /** Leaves before the answer has begun: in the queue, or while its prompt is read. */
  async function impatient(asked: Asked): Promise<Outcome> {
    const leaving = AbortSignal.timeout(50 + pick(1500));
    try {
      const response = await send(asked, leaving);
      await (response.status === 200 ? response.text() : assertAllowed(response));
      return response.status === 200 ? "answered" : "refused";
    } catch (error) {
      if (!leaving.aborted) throw error;
      return "left";
    }
  }

  const somePlace = ({ models }: Project) =>
    Math.random() < SELDOM ? models.length - 1 : pick(models.length - 1);

  async function askSomething(project: Project): Promise<Outcome> {
    const place = somePlace(project);
    const dice = Math.random();
    if (dice < 0.5) return await signed({ project, place, body: SIGNED });
    if (dice < 0.6) return await streamed({ project, place, body: STORY }, Number.POSITIVE_INFINITY);
    if (dice < 0.8) return await streamed({ project, place, body: STORY }, 1 + pick(40));
    if (dice < 0.9) return await impatient({ project, place, body: LONG });
    return await streamed(
      { project, place, body: { ...STORY, n: 6, max_tokens: 12 } },
      Number.POSITIVE_INFINITY,
    );
  }

  /** After what failed the next one must work, within the time that such a failure asks for. */
  async function worksAgain(project: Project): Promise<void> {
    const end = Date.now() + 120_000;
    while ((await signed({ project, place: somePlace(project), body: SIGNED })) !== "answered") {
      assert.ok(Date.now() < end, `nothing works any more: ${JSON.stringify([...counts])}`);
      await pause(1_000);
    }
  }

  async function work(number: number, isOver: () => boolean): Promise<void> {
    const project = projects[number % projects.length] ?? assert.fail();
    while (!isOver()) {
      const outcome = await askSomething(project);
      note(outcome);
      if (outcome === "broke" || outcome === "refused") await worksAgain(project);
    }
  }

  async function metrics(): Promise<(name: string) => number[]> {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return (name) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{.*?\\})? (\\d+)`, "gm"))].map(([, value]) => Number(value));
  }

  async function enginePids(): Promise<number[]> {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return [...text.matchAll(/^perennial_engine_adapters\{.*pid="(\d+)"/gm)].map(([, pid]) => Number(pid));
  }

  async function killAtTimes(left: () => number): Promise<void> {
    while (left() > 0) {
      await pause(Math.min(KILL_EVERY_MS / 2 + pick(KILL_EVERY_MS), Math.max(0, left()) + 1));
      const pids = await enginePids();
      const pid = pids[pick(pids.length)];
      if (pid === undefined || left() <= 0) continue;
      process.kill(pid, "SIGKILL");
      note("killed");
    }
  }

  const openFiles = () => readdirSync(`/proc/${server.pid}/fd`).length;
  const children = () =>
    readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").split(" ").filter(Boolean).length;
  const residentMb = async () =>
    Math.round(((await metrics())("process_resident_memory_bytes")[0] ?? 0) / 1e6);

  /** Nothing is at work and the engines, which nobody asks, have stopped. */
  async function settled(): Promise<void> {
    for (const end = Date.now() + 60_000; ; await pause(250)) {
      const now = await metrics();
      const busy = [...now("perennial_engine_requests_working"), ...now("perennial_engine_requests_waiting")];
      if (busy.every((count) => count === 0) && (await enginePids()).length === 0) return;
      assert.ok(Date.now() < end, `still at work: ${busy}`);
    }
  }

  test("no wrong answer, no stuck slot, no leak; what failed says so, and the next one works", {
    timeout: (SECONDS + 300) * 1000,
  }, async (t) => {
    const first = projects[0] ?? assert.fail();
    for (const place of first.models.keys()) {
      const { choices } = JSON.parse(await (await send({ project: first, place, body: SIGNED })).text());
      signatures.push(signatureIn(choices[0].logprobs.content[0].top_logprobs));
    }
    await settled();
    const before = { files: openFiles(), children: children(), residentMb: await residentMb() };

    const end = Date.now() + SECONDS * 1000;
    const left = () => end - Date.now();
    const workers = Array.from({ length: WORKERS }, (_, number) => work(number, () => left() <= 0));
    const middle = pause((SECONDS * 1000) / 3).then(residentMb);
    await Promise.all([...workers, killAtTimes(left)]);

    for (const project of projects) await worksAgain(project);
    await settled();
    const now = { files: openFiles(), children: children(), residentMb: await residentMb() };
    const figures = { before, afterOneThird: await middle, now, ...Object.fromEntries(counts) };
    t.diagnostic(JSON.stringify(figures));
    assert.equal(now.children, before.children);
    assert.ok(now.files <= before.files + 10, `${now.files} open files, ${before.files} before`);
    assert.ok(
      now.residentMb <= (await middle) + 50,
      `${now.residentMb} MB, ${await middle} MB after a third`,
    );
    assert.ok((counts.get("answered") ?? 0) > 0 && (counts.get("killed") ?? 0) > 0);
  });
});
