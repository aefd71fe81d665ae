import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { type Engine, EngineError } from "../engine.ts";
import { never } from "../fixtures/replies.ts";
import { measureFidelity } from "./fidelity.ts";

async function hang(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

const hanging: Engine = {
  chat: (_, signal) => hang(signal),
  complete: (_, signal) => hang(signal),
  readPrompt: (_prompt, _top, signal) => hang(signal),
  renderPrompt: (_, signal) => hang(signal),
  tokenLogprobs: (_prompt, _answer, signal) => hang(signal),
};

const row = { messages: [], tools: null, prompt_tokens: [1], answer_tokens: [2] };
const probe = { rows: [{ ...row, logprobs: [-1], base_logprobs: [-2] }] };

test("an engine that never answers is an error in time", async () => {
  await assert.rejects(
    measureFidelity(hanging, probe, never, 20),
    (error) => error instanceof EngineError && /within 0.02 s, 3 times over/.test(error.message),
  );
});

test("an engine that is busy for a while is asked again, and every row has the whole time", async () => {
  let asked = 0;
  const busy: Engine = {
    ...hanging,
    renderPrompt: async (_, signal) => {
      asked += 1;
      return asked % 3 === 0 ? [1] : await hang(signal);
    },
    tokenLogprobs: async () => [{ logprob: -1, isTop: true }],
  };
  const report = await measureFidelity(busy, { rows: [...probe.rows, ...probe.rows] }, never, 20);
  assert.deepEqual([report.rows, report.differentPrompts, asked], [2, 0, 6]);
});

test("a check that is called off ends with the caller's reason", async () => {
  const leaving = new AbortController();
  const measured = measureFidelity(hanging, probe, leaving.signal);
  leaving.abort();
  await assert.rejects(measured, { name: "AbortError" });
});
