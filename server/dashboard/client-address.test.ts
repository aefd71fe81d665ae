import assert from "node:assert/strict";
import { test } from "node:test";
import { createClientAddress } from "./client-address.ts";

test("without proxies nobody is believed to ask for somebody else", () => {
  assert.equal(createClientAddress([])("203.0.113.9", "198.51.100.1"), "203.0.113.9");
});

test("named proxies are believed, through each other, and what a client wrote itself is not", () => {
  const addressOf = createClientAddress(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);
  assert.equal(addressOf("127.0.0.1", "198.51.100.1"), "198.51.100.1");
  assert.equal(addressOf("::ffff:127.0.0.1", "203.0.113.9, 198.51.100.1"), "198.51.100.1");
  assert.equal(addressOf("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.1.2.3"), "198.51.100.1");
  assert.equal(addressOf("fd00::1", "2001:db8::7"), "2001:db8::7");
  assert.equal(addressOf("203.0.113.9", "198.51.100.1"), "203.0.113.9");
  assert.equal(addressOf("127.0.0.1", undefined), "127.0.0.1");
  assert.equal(addressOf("127.0.0.1", "unknown"), "unknown");
});
