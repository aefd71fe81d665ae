import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Refusal } from "../../contract/errors.ts";
import { silentLog } from "../platform/log.ts";
import { base, createFolder, lacksModel, settings } from "./fixtures/real-model.ts";
import { ask, begin, isAlive, never, story, textOf } from "./fixtures/replies.ts";
import type { ProcessFacts } from "./pool.ts";
import { createServing, type Serving } from "./serving.ts";

const other = { ...base, id: "other" };
const target = (id: string) => ({ projectId: "one", base: { id }, adapter: null });
const question = ask("Hi", { max_tokens: 1 });

async function onlyEngine(serving: Serving): Promise<ProcessFacts> {
  const [engine, ...others] = await serving.describe();
  assert.ok(engine && others.length === 0);
  return engine;
}

test("where memory is there for one engine, an idle one makes room and a busy one keeps it", {
  skip: lacksModel,
}, async () => {
  using folder = createFolder();
  let running: ProcessFacts | null = null;
  const isFull = () => running !== null && isAlive(running.pid);
  const read = () => ({ totalBytes: 2e9, availableBytes: isFull() ? 1e7 : 1e9 });
  await using serving = createServing({
    config: settings,
    bases: new Map([base, other].map((one) => [one.id, one])),
    memory: { read, promisedBytes: async () => 0 },
    ggufOf: () => "",
    peftOf: () => "",
    logFolder: join(folder.path, "logs"),
    log: silentLog,
  });
  await textOf(await serving.chat(target(base.id), question, never));
  running = await onlyEngine(serving);
  const first = running.pid;
  const pieces = await begin(await serving.chat(target(other.id), story, never));
  running = await onlyEngine(serving);
  assert.deepEqual([isAlive(first), running.base], [false, other.id]);
  await assert.rejects(serving.chat(target(base.id), question, never), (error) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.kind, error.retryAfter], ["engine_unavailable", 10]);
    assert.match(error.message, /needs about 0\.\d GB of memory and 0\.0 GB can be had now/);
    return true;
  });
  await pieces.return?.();
  assert.ok(isAlive(running.pid));
});
