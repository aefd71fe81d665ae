import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Item } from "../../contract/response-items.ts";
import { bytes } from "../generation/fixtures/played-answers.ts";
import { appWith, hello, RESPONSES, text } from "../test-responses.ts";
import { fitItems } from "./truncation.ts";

let made = 0;
const message = (role: "user" | "system" | "developer", said: string): Item => {
  made += 1;
  const content = [{ type: "input_text", text: said } as const];
  return { id: `msg_${made}`, type: "message", status: "completed", role, content };
};
const answer = (said: string): Item => {
  made += 1;
  const content = [{ type: "output_text", text: said, annotations: [], logprobs: [] } as const];
  return { id: `msg_${made}`, type: "message", status: "completed", role: "assistant", content };
};
const call = (id: string): Item => {
  const written = { name: "f", arguments: "{}" };
  return { id: `fc_${id}`, type: "function_call", status: "completed", call_id: id, ...written };
};
const output = (id: string): Item => ({
  id: `fco_${id}`,
  type: "function_call_output",
  status: "completed",
  call_id: id,
  output: "x",
});

const ids = (items: readonly Item[] | null) => items?.map(({ id }) => id) ?? null;
/** Each item is one token. */
const countItems = async (items: readonly Item[]) => items.length;

test("nothing is dropped where all fits", async () => {
  const items = [message("user", "a"), answer("b"), message("user", "c")];
  assert.deepEqual(await fitItems(items, 3, countItems), items);
});

test("the oldest turn goes first; instructions and the last question stay", async () => {
  const rules = message("system", "rules");
  const [first, second] = [
    [message("user", "1"), answer("1")],
    [message("user", "2"), answer("2")],
  ];
  const last = message("user", "3");
  const items = [rules, ...first, ...second, last];
  assert.deepEqual(ids(await fitItems(items, 4, countItems)), ids([rules, ...second, last]));
  assert.deepEqual(ids(await fitItems(items, 3, countItems)), ids([rules, last]));
  assert.equal(await fitItems(items, 1, countItems), null);
});

test("a call goes with its output; of a long chain of calls the oldest go, the question stays", async () => {
  const question = message("user", "q");
  const items = [
    question,
    call("1"),
    call("2"),
    output("1"),
    output("2"),
    call("3"),
    output("3"),
    call("4"),
    output("4"),
  ];
  const fit = await fitItems(items, 7, countItems);
  assert.deepEqual(ids(fit), ids([...items.slice(0, 5), ...items.slice(7)]));
});

test("whatever is dropped, calls and outputs stay pairs, in order, and it fits", async () => {
  const turn = fc
    .array(fc.constantFrom("user", "answer", "calls", "system"), { maxLength: 12 })
    .map((kinds) =>
      kinds.flatMap((kind, index) => {
        if (kind === "calls")
          return [call(`${index}a`), call(`${index}b`), output(`${index}a`), output(`${index}b`)];
        if (kind === "answer") return [answer("x")];
        return [message(kind === "user" ? "user" : "system", "x")];
      }),
    );
  await fc.assert(
    fc.asyncProperty(turn, fc.nat({ max: 30 }), async (items, limit) => {
      const fit = await fitItems(items, limit, countItems);
      if (!fit) return;
      assert.ok(fit.length <= limit);
      assert.deepEqual(
        items.filter((item) => fit.includes(item)),
        fit,
      );
      const called = fit.flatMap((item) => (item.type === "function_call" ? [item.call_id] : []));
      const answered = fit.flatMap((item) => (item.type === "function_call_output" ? [item.call_id] : []));
      assert.deepEqual(called.sort(), answered.sort());
      const questions = items.filter((item) => item.type === "message" && item.role === "user");
      const question = questions.at(-1);
      if (question) assert.ok(fit.includes(question));
    }),
  );
});

const over = {
  error: { message: "x", type: "exceed_context_size_error", n_prompt_tokens: 9000, n_ctx: 2048 },
};

async function appOfSmallContext() {
  const asked: Record<string, unknown>[] = [];
  return {
    asked,
    app: await appWith(async (_target, body) => {
      asked.push(body);
      const size = JSON.stringify(body.messages).length;
      if (size > 2048) return { status: 400, body: bytes(JSON.stringify(over)) };
      return { status: 200, body: bytes(...text("hey")) };
    }),
  };
}

test("an input over the context is refused with its name; with truncation it is cut to leave room for an answer", async () => {
  const { app, asked } = await appOfSmallContext();
  await using _ = app;
  const input = Array.from({ length: 20 }, (_, index) => [
    { role: "user", content: `${index} ${"x".repeat(100)}` },
    { role: "assistant", content: "y".repeat(100) },
  ]).flat();
  const refused = await app.json(app.post(RESPONSES, { ...hello, input }));
  assert.deepEqual([refused.error.code, refused.error.param], ["context_length_exceeded", "input"]);
  const cut = await app.json(app.post(RESPONSES, { ...hello, input, truncation: "auto" }));
  assert.deepEqual([cut.status, cut.truncation], ["completed", "auto"]);
  const { messages } = asked.at(-1) ?? {};
  const size = JSON.stringify(messages).length;
  assert.ok(size > 1000 && size <= 1536, `${size} tokens are left`);
  const long = await app.json(app.post(RESPONSES, { ...hello, input: "z".repeat(4000), truncation: "auto" }));
  assert.equal(long.error.code, "context_length_exceeded");
});

test("the count of an input is that of the prompt; with truncation of what is left of it", async () => {
  const { app } = await appOfSmallContext();
  await using _ = app;
  const count = async (body: object) =>
    (await app.json(app.post(`${RESPONSES}/input_tokens`, { ...hello, ...body }))).input_tokens;
  assert.equal(await count({}), JSON.stringify([{ role: "user", content: "hi" }]).length);
  const input = Array.from({ length: 40 }, () => ({ role: "user", content: "x".repeat(100) }));
  assert.ok((await count({ input })) > 4000);
  assert.ok((await count({ input, truncation: "auto" })) <= 1536);
});
