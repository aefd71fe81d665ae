import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { test } from "node:test";
import { z } from "zod";
import { never } from "../fixtures/replies.ts";
import { createLlamaCppEngine } from "./llama-cpp.ts";
import { createPortions } from "./portions.ts";
import { createSlots } from "./slots.ts";

const Asked = z.object({
  prompt: z.array(z.int()),
  n_probs: z.int(),
  logit_bias: z.tuple([z.tuple([z.union([z.int(), z.string()]), z.int()])]),
});
type Asked = z.infer<typeof Asked>;

const VOCABULARY = 10_000;
const likeliest = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ id, token: `t${id}`, logprob: -id - 1 }));

/** Plays llama.cpp: a token's log-probability is -id - 1, and nothing is told of those that cannot be written. */
async function playServer(tokens: readonly number[], unwritable: readonly number[] = []) {
  const asked: Asked[] = [];
  function complete(body: unknown) {
    const one = Asked.parse(body);
    asked.push(one);
    const [[wanted]] = one.logit_bias;
    const id = typeof wanted === "number" ? wanted : 97;
    const told = {
      id,
      token: `t${id}`,
      logprob: -id - 1,
      top_logprobs: likeliest(Math.min(one.n_probs, VOCABULARY)),
    };
    return unwritable.includes(id) ? {} : { completion_probabilities: [told] };
  }
  const server = createServer(async (request, response) => {
    const body = await json(request);
    const isText = request.url === "/tokenize";
    response.end(
      JSON.stringify(isText ? { tokens: tokens.map((id) => ({ id, piece: `t${id}` })) } : complete(body)),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const facts = { toolFormat: null, vocabulary: VOCABULARY, contextLength: 100 };
  const connection = { origin: `http://127.0.0.1:${port}`, apiKey: "k" };
  const engine = createLlamaCppEngine(
    { connection, loaded: [], facts: async () => facts, slots: createSlots(1), portions: createPortions() },
    null,
    "p",
  );
  return { engine, asked, [Symbol.dispose]: () => server.close().closeAllConnections() };
}

test("a prompt's log-probabilities cost one short question a token, however unlikely the token is", async () => {
  using played = await playServer([5, 9_000, 7]);
  const { tokens } = await played.engine.readPrompt("text", 2, never);
  assert.deepEqual(
    tokens.map(({ logprob, top }) => [logprob, top.length]),
    [
      [null, 0],
      [-9_001, 2],
      [-8, 2],
    ],
  );
  assert.deepEqual(
    played.asked.map(({ prompt, n_probs }) => [prompt, n_probs]),
    [
      [[5], 2],
      [[5, 9_000], 2],
    ],
  );
});

test("a token that cannot be written by itself is looked up among the others", async () => {
  using played = await playServer([5, 300], [300]);
  const { tokens } = await played.engine.readPrompt("text", 2, never);
  assert.deepEqual([tokens[1]?.logprob, tokens[1]?.top.map(({ token }) => token)], [-301, ["t0", "t1"]]);
  assert.deepEqual(
    played.asked.map(({ n_probs }) => n_probs),
    [2, 256, 4_096],
  );
});

test("of an answer's tokens is told how likely each was, and whether it was the likeliest", async () => {
  using played = await playServer([]);
  const found = await played.engine.tokenLogprobs([1, 2], [0, 8_000], never);
  assert.deepEqual(found, [
    { logprob: -1, isTop: true },
    { logprob: -8_001, isTop: false },
  ]);
  assert.deepEqual(
    played.asked.map(({ prompt }) => prompt),
    [
      [1, 2],
      [1, 2, 0],
    ],
  );
});
