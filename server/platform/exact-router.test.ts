import assert from "node:assert/strict";
import { test } from "node:test";
import { createExactRouter } from "./exact-router.ts";

const handlersOf = (router: ReturnType<typeof createExactRouter<string>>, method: string, path: string) =>
  router.match(method, path)[0].map(([handler]) => handler);

test("an exact path has the same handlers each time, patterns that hold for it among them", () => {
  const router = createExactRouter<string>();
  router.add("ALL", "/v1/*", "key");
  router.add("POST", "/v1/chat/completions", "ask");
  router.add("GET", "/v1/chat/completions/:id", "show");
  for (let time = 0; time < 2; time += 1) {
    assert.deepEqual(handlersOf(router, "POST", "/v1/chat/completions"), ["key", "ask"]);
    assert.deepEqual(handlersOf(router, "GET", "/v1/chat/completions"), ["key"]);
    assert.deepEqual(handlersOf(router, "GET", "/v1/chat/completions/one"), ["key", "show"]);
    assert.deepEqual(handlersOf(router, "POST", "/other"), []);
  }
});

test("parameters are those of the path that is asked for", () => {
  const router = createExactRouter<string>();
  router.add("GET", "/v1/models/:model", "show");
  const paramsOf = (path: string) => router.match("GET", path)[0].map(([, params]) => ({ ...params }));
  assert.deepEqual(paramsOf("/v1/models/one"), [{ model: "one" }]);
  assert.deepEqual(paramsOf("/v1/models/two"), [{ model: "two" }]);
});

test("a route that is added later counts for a path that was asked for before", () => {
  const router = createExactRouter<string>();
  router.add("GET", "/v1/models", "list");
  assert.deepEqual(handlersOf(router, "GET", "/v1/models"), ["list"]);
  router.add("ALL", "/v1/*", "after");
  assert.deepEqual(handlersOf(router, "GET", "/v1/models"), ["list", "after"]);
});
