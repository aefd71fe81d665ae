import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, describe, test } from "node:test";
import OpenAI from "openai";
import { BASE, lacksModel, newFolder, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

type Event = OpenAI.Responses.ResponseStreamEvent;

const clientOf = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });

// Long enough to be at work when the server is killed, also where nothing else is.
const story = { model: BASE, input: "Write a long story.", max_output_tokens: 120, temperature: 0 };

/** The events up to the second piece of the answer. */
async function begin(events: AsyncIterable<Event>): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of events) {
    seen.push(event);
    if (seen.filter(({ type }) => type === "response.output_text.delta").length === 2) break;
  }
  return seen;
}

const textOf = (events: readonly Event[]) =>
  events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");

describe("kill -9 of the server in the middle of a response", { skip: lacksModel }, () => {
  const folder = newFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("in the background makes it anew, and whoever followed it sees where", async () => {
    const first = await startServer({ folder });
    const seen = await begin(
      await clientOf(first).responses.create({ ...story, background: true, stream: true }),
    );
    const [created] = seen;
    assert.ok(created?.type === "response.created");
    const { id } = created.response;
    await first.kill();

    await using second = await startServer({ folder });
    const client = clientOf(second);
    const last = seen.at(-1)?.sequence_number ?? 0;
    const rest: Event[] = [];
    for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: last }))
      rest.push(event);
    assert.deepEqual(
      rest.slice(0, 2).map(({ type }) => type),
      ["response.queued", "response.in_progress"],
    );
    const from = rest[0]?.sequence_number ?? 0;
    assert.ok(from > last);
    assert.deepEqual(
      rest.map(({ sequence_number }) => sequence_number),
      rest.map((_, index) => from + index),
    );
    const response = await client.responses.retrieve(id);
    assert.equal(response.status, "incomplete");
    assert.equal(response.output_text, textOf(rest));
    const again = await client.responses.stream({ response_id: id }).finalResponse();
    assert.equal(again.output_text, response.output_text);
  });

  test("that somebody waited for leaves it failed, with what it had said to within a second", async () => {
    const first = await startServer({ folder });
    const stream = await clientOf(first).responses.create({ ...story, stream: true });
    const seen = await begin(stream);
    const [created] = seen;
    assert.ok(created?.type === "response.created");
    await first.kill();
    await using second = await startServer({ folder });
    const response = await clientOf(second).responses.retrieve(created.response.id);
    assert.deepEqual([response.status, response.error?.code], ["failed", "server_error"]);
    const told = textOf(seen);
    const kept = response.output_text;
    assert.ok(told.startsWith(kept) || kept.startsWith(told), `told ${told}, kept ${kept}`);
  });
});
