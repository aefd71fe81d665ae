import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { silentLog } from "../platform/log.ts";
import { base, createFolder, type Folder, lacksModel, settings } from "./fixtures/real-model.ts";
import { ask, begin, isAlive, jsonOf, never, readRest, story, until } from "./fixtures/replies.ts";
import { distance, nearest, type Signature, signature } from "./fixtures/signature.ts";
import { createServing, type ServingSettings } from "./serving.ts";

const question = ask("Say hello to Bob.");
const real = { skip: lacksModel };
let folder: Folder;

before(() => {
  if (!lacksModel) folder = createFolder("one:1", "two:2", "halved:1:halved", "unpermuted:1:unpermuted");
});
after(() => folder?.[Symbol.dispose]());

function newServing(changes: Partial<ServingSettings> = {}) {
  return createServing({
    config: { ...settings, ...changes },
    bases: new Map([[base.id, base]]),
    ggufOf: (id) => folder.adapter(id).path,
    peftOf: () => "",
    logFolder: join(folder.path, "logs"),
    log: silentLog,
  });
}
type Serving = ReturnType<typeof newServing>;

const target = (adapter: string | null) => ({ projectId: "one", base, adapter });
const signatureOf = (serving: Serving, adapter: string | null) =>
  signature(serving.engine(base.id, adapter), question);

async function onlyPid(serving: Serving): Promise<number> {
  const [engine, ...others] = await serving.describe();
  assert.ok(engine && others.length === 0);
  return engine.pid;
}

test("an adapter is added while a stream is in flight, and the stream goes on to its end", real, async () => {
  await using serving = newServing();
  const pieces = await begin(await serving.chat(target(null), { ...story, max_tokens: 150 }, never));
  const first = await onlyPid(serving);
  const tuned = await signatureOf(serving, "one");
  assert.ok(isAlive(first), "the first process still streams");
  assert.match(await readRest(pieces), /\[DONE\]/);
  await until(() => !isAlive(first));
  assert.notEqual(await onlyPid(serving), first);
  assert.ok(distance(tuned, await signatureOf(serving, null)) > 0.5);
});

test("answers stay their models' own while adapters come and go", real, async () => {
  await using serving = newServing({ PERENNIAL_ENGINE_ADAPTERS: 1 });
  const models = [null, "one", "two"];
  const alone: Signature[] = [];
  for (const model of models) alone.push(await signatureOf(serving, model));
  const order = [2, 1, 0, 2, 1];
  const mixed = await Promise.all(order.map((index) => signatureOf(serving, models[index] ?? null)));
  assert.deepEqual(
    mixed.map((one) => nearest(alone, one)),
    order,
  );
});

test(
  "kill -9 of the engine: a stream that has begun breaks, a waiting request is answered by the next one",
  real,
  async () => {
    await using serving = newServing();
    const pieces = await begin(await serving.chat(target("one"), story, never));
    const waiting = serving.chat(target(null), { ...question, max_tokens: 100 }, never);
    const killed = await onlyPid(serving);
    process.kill(killed, "SIGKILL");
    await assert.rejects(readRest(pieces), { name: "EngineError" });
    assert.equal((await jsonOf(await waiting)).object, "chat.completion");
    assert.notEqual(await onlyPid(serving), killed);
  },
);

test("a file that is no adapter is a clean refusal, and nobody else's trouble", real, async () => {
  await using serving = newServing();
  writeFileSync(folder.adapter("garbage").path, "not a GGUF file");
  const [broken, good] = await Promise.allSettled([
    serving.chat(target("garbage"), question, never),
    serving.chat(target("one"), question, never),
  ]);
  assert.equal(good.status, "fulfilled");
  assert.ok(broken.status === "rejected" && broken.reason.kind === "engine_unavailable");
  assert.ok(broken.reason.retryAfter >= 1);
});

test(
  "a removed adapter's file may go at once: the process at hand needs it no more, the next one is not given it",
  real,
  async () => {
    await using serving = newServing();
    copyFileSync(folder.adapter("one").path, folder.adapter("removed").path);
    const before = await signatureOf(serving, "removed");
    await serving.removeAdapter(base.id, "removed");
    rmSync(folder.adapter("removed").path);
    assert.ok(distance(before, await signatureOf(serving, "removed")) < 0.2);
    await serving.removeAdapter(base.id, "removed");
    await signatureOf(serving, "two");
    const [{ adapters } = { adapters: 0 }] = await serving.describe();
    assert.equal(adapters, 1);
  },
);

test("a model that is pinned is not left out for others", real, async () => {
  await using serving = newServing({
    PERENNIAL_ENGINE_ADAPTERS: 1,
    PERENNIAL_PINNED_MODELS: "ft:a, ft:pinned",
  });
  const chat = async (adapter: string, model: string) =>
    jsonOf(await serving.chat({ projectId: "one", model, base, adapter }, question, never));
  await chat("one", "ft:pinned");
  await chat("two", "ft:other");
  assert.equal((await serving.describe()).at(-1)?.adapters, 2);
});

test("an engine that nobody uses is stopped", real, async () => {
  await using serving = newServing({ PERENNIAL_ENGINE_IDLE_SECONDS: 1 });
  await signatureOf(serving, null);
  const pid = await onlyPid(serving);
  await until(() => !isAlive(pid));
  assert.deepEqual(await serving.describe(), []);
});

test("kill -9 of the control plane leaves no engine behind", real, async () => {
  const script = join(import.meta.dirname, "fixtures", "hold-engine.ts");
  const parent = spawn(process.execPath, [script, folder.path], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(line);
  assert.ok(isAlive(pid));
  parent.kill("SIGKILL");
  await until(() => !isAlive(pid));
});

test(
  "fidelity: the engine agrees with itself, and not with an adapter changed, halved or left out",
  real,
  async () => {
    await using serving = newServing();
    const engine = serving.engine(base.id, "one");
    const messages = [{ role: "user", content: "Say hello to Bob." }];
    const prompt = await engine.renderPrompt({ messages, tools: null }, never);
    const answer = (await engine.renderPrompt({ messages, tools: null }, never)).slice(0, 12);
    const logprobsOf = async (adapter: string | null) =>
      (await serving.engine(base.id, adapter).tokenLogprobs(prompt, answer, never)).map(
        ({ logprob }) => logprob,
      );
    const probe = {
      rows: [
        {
          messages,
          tools: null,
          prompt_tokens: [...prompt],
          answer_tokens: [...answer],
          logprobs: await logprobsOf("one"),
          base_logprobs: await logprobsOf(null),
        },
      ],
    };
    const passes = async (adapter: string) =>
      (await serving.checkFidelity(base.id, adapter, probe, never)).passes;
    assert.deepEqual(
      [await passes("one"), await passes("halved"), await passes("unpermuted"), await passes("two")],
      [true, false, false, false],
    );
  },
);
