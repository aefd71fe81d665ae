import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePipSettings, uvSettings } from "./pip-settings.ts";

const listing = `:env:.find-links='/env/wheels'
global.cert='/etc/ca.crt'
global.default-timeout='30'
global.extra-index-url='\\nhttps://one.example/simple\\nhttps://two.example/simple'
global.find-links='/global/wheels'
global.index-url='https://global.example/simple'
install.index-url='https://install.example/simple'
freeze.timeout='1'
global.no-color="it's"
`;

test("the environment overrides the install section, which overrides the global one", () => {
  const settings = parsePipSettings(listing);
  assert.deepEqual(settings.get("find-links"), ["/env/wheels"]);
  assert.deepEqual(settings.get("index-url"), ["https://install.example/simple"]);
  assert.deepEqual(settings.get("timeout"), ["30"]);
});

test("uv is told where pip looks", () => {
  assert.deepEqual(uvSettings(listing, {}), {
    UV_INDEX_STRATEGY: "unsafe-best-match",
    UV_DEFAULT_INDEX: "https://install.example/simple",
    UV_INDEX: "https://one.example/simple https://two.example/simple",
    UV_FIND_LINKS: "/env/wheels",
    SSL_CERT_FILE: "/etc/ca.crt",
    UV_HTTP_TIMEOUT: "30",
  });
});

test("what the user told uv stays", () => {
  const settings = uvSettings(listing, { UV_DEFAULT_INDEX: "https://own.example/simple", UV_OFFLINE: "1" });
  assert.equal(settings.UV_DEFAULT_INDEX, "https://own.example/simple");
  assert.equal(settings.UV_FIND_LINKS, "/env/wheels");
  assert.equal("UV_OFFLINE" in settings, false);
});
