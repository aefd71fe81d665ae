import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EngineChunk } from "../../contract/chat.ts";
import { CreateResponse } from "../../contract/responses.ts";
import { type AnswerIds, createAnswer } from "./answer.ts";
import type { NewEvent } from "./output-events.ts";
import { newResponse } from "./response.ts";

function countedIds(): AnswerIds {
  let made = 0;
  const next = (prefix: string) => () => {
    made += 1;
    return `${prefix}${made}`;
  };
  return { message: next("msg_"), functionCall: next("fc_"), call: next("call_") };
}

const response = newResponse(CreateResponse.parse({ model: "m", input: "x" }), {
  id: "resp_1",
  model: "m",
  now: 0,
});

type EngineDelta = EngineChunk["choices"][number]["delta"];
type Said = { kind: "text"; text: string } | { kind: "call"; name: string; text: string };

/** A text, cut into pieces at these places. */
function piecesOf(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])];
  const sorted = places.sort((one, other) => one - other);
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
}

function chunksOf(said: readonly Said[], cuts: readonly number[]) {
  let calls = 0;
  return said.flatMap((one): EngineDelta[] => {
    if (one.kind === "text") return piecesOf(one.text, cuts).map((content) => ({ content }));
    const index = calls++;
    const begin = { tool_calls: [{ index, function: { name: one.name, arguments: "" } }] };
    const rest = piecesOf(one.text, cuts).map((written) => ({
      tool_calls: [{ index, function: { arguments: written } }],
    }));
    return [begin, ...rest];
  });
}

function play(said: readonly Said[], cuts: readonly number[], reason: "stop" | "length") {
  const answer = createAnswer(response, countedIds());
  const events: NewEvent[] = chunksOf(said, cuts).flatMap((delta) =>
    answer.take({ choices: [{ delta, finish_reason: null, logprobs: null }] }),
  );
  answer.take({ choices: [{ delta: {}, finish_reason: reason, logprobs: null }] });
  answer.take({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } });
  const end = answer.finish(9);
  return { events: [...events, ...end.events], response: end.response };
}

const said = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("text" as const), text: fc.string({ minLength: 1 }) }),
    fc.record({
      kind: fc.constant("call" as const),
      name: fc.constantFrom("f", "g"),
      text: fc.json(),
    }),
  ),
  { maxLength: 5 },
);
const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 6 });
const reasons = fc.constantFrom("stop" as const, "length" as const);

test("however the engine cuts its answer, the response is the same and the pieces add up to it", () => {
  const property = fc.property(said, cuts, reasons, (all, places, reason) => {
    const played = play(all, places, reason);
    assert.deepEqual(played.response, play(all, [], reason).response);
    for (const [index, item] of played.response.output.entries()) {
      const deltas = played.events
        .filter((event) => event.output_index === index && typeof event.delta === "string")
        .map((event) => event.delta)
        .join("");
      const [part] = item.type === "message" ? item.content : [];
      assert.equal(
        deltas,
        item.type === "message" ? part?.type === "output_text" && part.text : item.arguments,
      );
    }
  });
  fc.assert(property);
});

test("each item is begun once, ended once with what the response has, and none overlaps another", () => {
  const property = fc.property(said, cuts, reasons, (all, places, reason) => {
    const { events, response: ended } = play(all, places, reason);
    const order = events
      .filter((event) => /output_item\.(added|done)$/.test(event.type))
      .map((event) => [event.type.split(".").at(-1), event.output_index]);
    assert.deepEqual(
      order,
      ended.output.flatMap((_, index) => [
        ["added", index],
        ["done", index],
      ]),
    );
    const done = events.filter((event) => event.type === "response.output_item.done");
    assert.deepEqual(
      done.map((event) => event.item),
      ended.output,
    );
  });
  fc.assert(property);
});

test("half a character says nothing; its probability goes to the piece that it becomes", () => {
  const token = (text: string) => ({ token: text, logprob: -1, bytes: null, top_logprobs: [] });
  const answer = createAnswer(response, countedIds());
  const take = (content: string, written: string) =>
    answer.take({
      choices: [{ delta: { content }, finish_reason: null, logprobs: { content: [token(written)] } }],
    });
  assert.deepEqual(take("", "\ufffd"), []);
  const events = take("é", "é");
  assert.equal(events.at(-1)?.type, "response.output_text.delta");
  const [item] = answer.finish(0).response.output;
  assert.ok(item?.type === "message" && item.content[0]?.type === "output_text");
  assert.equal(item.content[0].logprobs.length, 2);
});
