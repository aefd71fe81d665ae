import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import OpenAI, { NotFoundError, PermissionDeniedError, toFile } from "openai";
import { close, createHttpServer, listen } from "../../server/http-server.ts";
import { tenRows } from "../../server/test-app.ts";
import { applyChange, createDatedApp, type DatedApp, tune } from "../../server/test-lifecycle.ts";
import { type Conformance, createConformance, lacksSchemas } from "../support/conformance.ts";
import { python } from "../support/server.ts";

const KEY = "sk-test-project";
const run = promisify(execFile);

const base = (id: string) => ({ id, gguf: "", hf: "", contextLength: 2048, parameters: 1, createdAt: 900 });
const bases = new Map(["tiny-base", "next-base", "old-base"].map((id) => [id, base(id)]));

const messages = [{ role: "user" as const, content: "hi" }];
const CLOSED =
  "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning training jobs.";

/** What ends, as the official clients see it; trainer and engine are played, HTTP is real, the clock is ours. */
describe("the life cycle", () => {
  let app: DatedApp;
  let baseURL: string;
  let conformance: Conformance;
  let client: OpenAI;
  let tuned: string;
  let stop: () => Promise<void>;

  before(async () => {
    app = await createDatedApp("2027-01-15T08:00:00Z", { parts: { bases } });
    const http = createHttpServer(app.app.fetch);
    stop = () => close(http);
    baseURL = `http://127.0.0.1:${await listen(http, 0, "127.0.0.1")}/v1`;
    conformance = createConformance();
    client = new OpenAI({ baseURL, apiKey: KEY, fetch: conformance.fetch });
    tuned = await tune(app, KEY);
    await applyChange(app, {
      models: [
        { id: "tiny-base", shutdown_at: "2027-06-01", successor: "next-base" },
        { id: "old-base", shutdown_at: "2027-01-10" },
      ],
      policies: [{ name: "closing", stages: [{ date: "2027-01-15", who: "everyone" }] }],
      accept: ["past_dates"],
    });
  });
  after(async () => {
    await stop?.();
    await app?.[Symbol.asyncDispose]();
  });

  test("models say the day of their shutdown, in the list and alone", async () => {
    const { data } = await client.models.list();
    const days = Object.fromEntries(data.map(({ id, shutdown_date }) => [id, shutdown_date]));
    assert.deepEqual([days["tiny-base"], days[tuned], days["next-base"]], ["2027-06-01", "2027-06-01", null]);
    assert.ok(!("old-base" in days));
    assert.equal((await client.models.retrieve(tuned)).shutdown_date, "2027-06-01");
  });

  test("answers of a model that ends carry Deprecation, Sunset and Link; others do not", async () => {
    for (const model of ["tiny-base", tuned]) {
      const { response } = await client.chat.completions.create({ model, messages }).withResponse();
      assert.equal(response.headers.get("deprecation"), `@${Date.parse("2027-01-15") / 1000}`);
      assert.equal(response.headers.get("sunset"), "Tue, 01 Jun 2027 00:00:00 GMT");
      assert.match(
        response.headers.get("link") ?? "",
        /^<\/v1\/models\/next-base>; rel="successor-version", </,
      );
    }
    const { response } = await client.chat.completions
      .create({ model: "next-base", messages })
      .withResponse();
    for (const name of ["deprecation", "sunset", "link"]) assert.equal(response.headers.get(name), null);
  });

  test("a closed gate is a PermissionDeniedError in OpenAI's words, and is not tried again", async () => {
    const file = await toFile(Buffer.from(tenRows), "train.jsonl");
    const { id } = await client.files.create({ file, purpose: "fine-tune" });
    const create = client.fineTuning.jobs.create({ model: "next-base", training_file: id });
    await assert.rejects(create, (error: unknown) => {
      assert.ok(error instanceof PermissionDeniedError);
      assert.deepEqual(
        [error.status, error.code, error.message],
        [403, "training_not_available", `403 ${CLOSED}`],
      );
      assert.equal(error.headers.get("x-should-retry"), "false");
      return true;
    });
  });

  test("a model past its day is a NotFoundError in OpenAI's words", async () => {
    for (const ask of [
      () => client.chat.completions.create({ model: "old-base", messages }),
      () => client.models.retrieve("old-base"),
    ]) {
      await assert.rejects(ask, (error: unknown) => {
        assert.ok(error instanceof NotFoundError);
        assert.deepEqual(
          [error.code, error.type, error.param],
          ["model_not_found", "invalid_request_error", null],
        );
        assert.match(error.message, /The model `old-base` has been deprecated, learn more here: http/);
        return true;
      });
    }
  });

  test("the openai package for Python sees the same in strict mode", {
    skip: !existsSync(python) && "run `npm run setup` first: no Python",
  }, async () => {
    const path = join(app.folder, "train.jsonl");
    writeFileSync(path, tenRows);
    const args = [join(import.meta.dirname, "python_lifecycle.py"), baseURL, KEY, path, tuned];
    const { stdout } = await run(python, args, { timeout: 120_000 });
    assert.equal(stdout.trim(), "ok");
  });

  test("on the day the model is gone at 00:00 UTC, for a client that called it a second before", async () => {
    app.set("2027-05-31T23:59:59Z");
    assert.equal((await client.chat.completions.create({ model: tuned, messages })).model, tuned);
    app.set("2027-06-01T00:00:00Z");
    await assert.rejects(client.chat.completions.create({ model: tuned, messages }), {
      code: "model_not_found",
    });
  });

  test("every answer on the way has OpenAI's own schema", { skip: lacksSchemas }, () => {
    assert.deepEqual(conformance.failures, []);
    for (const name of ["Model", "ListModelsResponse", "CreateChatCompletionResponse"])
      assert.ok((conformance.checked.get(name) ?? 0) > 0, `no ${name} was checked`);
  });
});
