import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Answer, asker } from "../test-changes.ts";
import { applyChange, createDatedApp } from "../test-lifecycle.ts";

const JANUARY = "2027-01-15T08:00:00Z";
const shutdown = { models: [{ id: "tiny-base", shutdown_at: "2027-06-01" }] };
const closing = (more = {}) => ({
  policies: [{ name: "closing", stages: [{ date: "2027-05-01", who: "everyone" }], ...more }],
});

describe("a change cannot be taken back", () => {
  const refused = async (answer: Promise<Answer>, says: RegExp) => {
    const { status, code, text } = await answer;
    assert.deepEqual([status, code], [400, "change_not_undoable"], text);
    assert.match(text, says);
  };

  test("from its first date on", async () => {
    await using app = await createDatedApp(JANUARY);
    const { id } = await applyChange(app, { ...shutdown, ...closing() });
    app.set("2027-05-01T00:00:00Z");
    await refused(asker(app).undo(id), /could be taken back until 2027-05-01\. Plan a new change/);
    assert.equal(await asker(app).model(), "2027-06-01");
  });

  test("twice, nor can the taking back", async () => {
    await using app = await createDatedApp(JANUARY);
    const { undo } = asker(app);
    const { id } = await applyChange(app, shutdown);
    const taker = String((await undo(id)).body.id);
    await refused(undo(id), new RegExp(`taken back by ${taker} already`));
    await refused(undo(taker), /apply that one's document again/);
  });

  test("before a later one that set the same again", async () => {
    await using app = await createDatedApp(JANUARY);
    const { undo, model } = asker(app);
    const first = await applyChange(app, shutdown);
    const second = await applyChange(app, { models: [{ id: "tiny-base", shutdown_at: "2027-07-01" }] });
    await refused(undo(first.id), /later change has set the model tiny-base again; take that one back first/);
    assert.equal((await undo(second.id)).status, 200);
    assert.equal(await model(), "2027-06-01");
    assert.equal((await undo(first.id)).status, 200);
  });

  test("where another policy has taken the place of the one that would come back", async () => {
    await using app = await createDatedApp(JANUARY);
    const { undo, show } = asker(app);
    await applyChange(app, closing());
    const gone = await applyChange(app, { withdraw: { policies: ["closing"] } });
    const next = await applyChange(app, closing({ name: "other" }));
    await refused(
      undo(gone.id),
      /cannot be taken back as things are\. The policies closing and other overlap/,
    );
    assert.equal((await undo(next.id)).status, 200);
    assert.equal((await undo(gone.id)).status, 200);
    assert.match(JSON.stringify((await show()).policies), /"closing"/);
  });

  test("where successors would form a circle by now", async () => {
    const base = (id: string) => ({ id, gguf: "", hf: "", contextLength: 2048, parameters: 1, createdAt: 1 });
    const bases = new Map(["one", "two"].map((id) => [id, base(id)]));
    await using app = await createDatedApp(JANUARY, { parts: { bases } });
    await applyChange(app, { models: [{ id: "one", shutdown_at: "2027-06-01", successor: "two" }] });
    const gone = await applyChange(app, { withdraw: { models: ["one"] } });
    await applyChange(app, { models: [{ id: "two", shutdown_at: "2027-08-01", successor: "one" }] });
    await refused(asker(app).undo(gone.id), /circle: two → one → two/);
  });
});
