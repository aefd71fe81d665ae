import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { silentLog } from "../../../server/platform/log.ts";
import { base, createFolder, type Folder, settings } from "../../../server/serving/fixtures/real-model.ts";
import {
  ask,
  begin,
  isAlive,
  jsonOf,
  never,
  readRest,
  story,
  until,
} from "../../../server/serving/fixtures/replies.ts";
import { nearest, type Signature, signature } from "../../../server/serving/fixtures/signature.ts";
import { createServing, type Serving } from "../../../server/serving/serving.ts";
import { lacksVllm, vllmPython } from "./support/vllm.ts";

const skip = lacksVllm;
const question = ask("Say hello to Bob.");
const names = ["one", "two", "three"];
let folder: Folder;
let serving: Serving;

before(() => {
  if (skip) return;
  folder = createFolder(...names.map((name, index) => `${name}:${index + 1}`), "halved:1:halved");
  serving = createServing({
    config: {
      ...settings,
      PERENNIAL_ENGINE: "vllm",
      PERENNIAL_VLLM: vllmPython,
      PERENNIAL_ENGINE_ADAPTERS: 2,
      PERENNIAL_ENGINE_THREADS: 1,
    },
    bases: new Map([[base.id, base]]),
    ggufOf: () => "",
    peftOf: (id) => folder.peftAdapter(id).path,
    logFolder: join(folder.path, "logs"),
    log: silentLog,
  });
});

after(async () => {
  await serving?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

const target = (adapter: string | null) => ({ projectId: "one", base, adapter });
const signatureOf = (adapter: string | null) => signature(serving.engine(base.id, adapter), question);
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

async function onlyProcess() {
  const [one, ...others] = await serving.describe();
  assert.ok(one && others.length === 0);
  return one;
}

/** Takes a piece, and says how long it took; null: there are no more. */
async function takeTimed(pieces: AsyncIterator<Uint8Array>): Promise<number | null> {
  const start = performance.now();
  return (await pieces.next()).done ? null : performance.now() - start;
}

test("more adapters than there is room for answer in turn, each with its own words", { skip }, async () => {
  const models = [null, ...names];
  const alone: Signature[] = [];
  for (const model of models) alone.push(await signatureOf(model));
  const order = [3, 1, 0, 2, 3, 1];
  const mixed = await Promise.all(order.map((index) => signatureOf(models[index] ?? null)));
  assert.deepEqual(
    mixed.map((one) => nearest(alone, one)),
    order,
  );
  const { pid, adapters } = await onlyProcess();
  assert.equal(adapters, 2);
  await signatureOf("two");
  assert.equal((await onlyProcess()).pid, pid, "no other process was started for any of them");
});

test("an adapter is loaded while another one streams, without a pause", {
  skip,
  timeout: 120_000,
}, async (t) => {
  await signatureOf("one");
  await serving.removeAdapter(base.id, "two");
  const pieces = await begin(await serving.chat(target("one"), { ...story, max_tokens: 120 }, never));
  const alone: number[] = [];
  for (let count = 0; count < 20; count += 1) alone.push((await takeTimed(pieces)) ?? 0);
  const start = performance.now();
  const loaded = serving.engine(base.id, "two").chat({ ...question, max_tokens: 1 }, never);
  const answeredMs = loaded.then(jsonOf).then(() => performance.now() - start);
  const beside: number[] = [];
  for (let gap = await takeTimed(pieces); gap !== null; gap = await takeTimed(pieces)) beside.push(gap);
  const report = `pieces ${mean(alone).toFixed(0)} ms apart before, at most ${Math.max(...beside).toFixed(0)} ms after; the new one answered in ${(await answeredMs).toFixed(0)} ms`;
  t.diagnostic(report);
  assert.ok(beside.length > 80);
  // What its prompt takes, and no start of a process.
  assert.ok(Math.max(...beside) < 10_000, report);
});

test("an adapter whose model is gone leaves room, and its folder may go", { skip }, async () => {
  await signatureOf("halved");
  await serving.removeAdapter(base.id, "halved");
  rmSync(folder.peftAdapter("halved").path, { recursive: true });
  await until(async () => (await onlyProcess()).adapters < 2);
  await assert.rejects(serving.chat(target("halved"), question, never), { kind: "engine_unavailable" });
  assert.equal((await jsonOf(await serving.chat(target("one"), question, never))).object, "chat.completion");
});

test("kill -9 of the engine: a stream breaks, who waits is answered by the next one, and nothing is left", {
  skip,
}, async () => {
  const pieces = await begin(await serving.chat(target("one"), story, never));
  const waiting = serving.chat(target("two"), { ...question, max_tokens: 200 }, never);
  const { pid } = await onlyProcess();
  process.kill(pid, "SIGKILL");
  await assert.rejects(readRest(pieces), { name: "EngineError" });
  assert.equal((await jsonOf(await waiting)).object, "chat.completion");
  const next = (await onlyProcess()).pid;
  assert.notEqual(next, pid);
  await serving[Symbol.asyncDispose]();
  await until(() => !isAlive(next) && !isGroupAlive(pid) && !isGroupAlive(next));
});

const isGroupAlive = (groupId: number) => isAlive(-groupId);
