import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { silentLog } from "../../platform/log.ts";
import { settings } from "../fixtures/real-model.ts";
import { ask, never, textOf, until } from "../fixtures/replies.ts";
import { createServing } from "../serving.ts";
import { playUpstream } from "./fixtures/openai-server.ts";

const target = (id: string) => ({ projectId: "one", base: { id }, adapter: null });

test("the models of one upstream share its places", async () => {
  const begun: { model: unknown; response: ServerResponse }[] = [];
  await using upstream = await playUpstream((response, { body: { model } }) => {
    begun.push({ model, response });
  });
  const server = { name: "acme", url: upstream.url, apiKey: null, concurrency: 1 };
  const model = (id: string) => ({ id, model: id, contextLength: 1000, createdAt: 0, server });
  await using serving = createServing({
    config: settings,
    bases: new Map(),
    upstreamModels: new Map(["fast", "large"].map((id) => [id, model(id)])),
    ggufOf: () => "",
    peftOf: () => "",
    logFolder: "",
    log: silentLog,
  });
  const replies = ["fast", "large"].map((id) => serving.chat(target(id), ask("Hi"), never).then(textOf));
  await until(() => begun.length === 1);
  assert.deepEqual(serving.queues(), [{ base: "upstream:acme", working: 1, waiting: 1 }]);
  begun[0]?.response.end("{}");
  await until(() => begun.length === 2);
  assert.deepEqual(serving.queues(), [{ base: "upstream:acme", working: 1, waiting: 0 }]);
  begun[1]?.response.end("{}");
  assert.deepEqual(await Promise.all(replies), ["{}", "{}"]);
  assert.deepEqual(
    begun.map((one) => one.model),
    ["fast", "large"],
  );
});
