import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../contract/errors.ts";
import { parseWebhookUrl } from "./webhook-url.ts";

const bad: [url: string, why: RegExp][] = [
  ["", /expected a URL/],
  ["example.com/hook", /expected a URL/],
  ["https://", /expected a URL/],
  ["https://exa mple.com", /expected a URL/],
  ["https://example.com:99999/", /expected a URL/],
  ["ftp://example.com/", /use https/],
  ["file:///etc/passwd", /use https/],
  ["javascript:alert(1)", /use https/],
  ["http://example.com/", /use https/],
  ["https://user@example.com/", /user and the password/],
  ["https://:secret@example.com/", /user and the password/],
  ["https://example.com/#part", /after #/],
  ["https://example.com:0/", /port 0/],
  ["https://example.com:22/", /port 22/],
  ["https://example.com:25/", /port 25/],
  ["https://localhost/", /public internet/],
  ["https://LOCALHOST./", /public internet/],
  ["https://a.localhost:8443/", /public internet/],
  ["https://127.0.0.1/", /public internet/],
  ["https://[::1]/", /public internet/],
  ["https://[::ffff:127.0.0.1]/", /public internet/],
  ["https://[fe80::1]/", /public internet/],
  ["https://10.1.2.3/", /public internet/],
  ["https://169.254.169.254/latest/meta-data", /public internet/],
  ["https://2130706433/", /public internet/],
  ["https://0x7f000001/", /public internet/],
  ["https://017700000001/", /public internet/],
  ["https://0x7f.1/", /public internet/],
  ["https://127.1/", /public internet/],
  ["https://①②⑦.0.0.1/", /public internet/],
  ["https://0/", /public internet/],
];

test("a URL that webhooks must not go to is refused with the reason", () => {
  for (const [url, why] of bad) {
    assert.throws(
      () => parseWebhookUrl(url, false),
      (error: unknown) => error instanceof Refusal && error.param === "url" && why.test(error.message),
      url,
    );
  }
});

test("a public https URL is kept in its usual spelling", () => {
  assert.equal(parseWebhookUrl("https://EXAMPLE.com", false), "https://example.com/");
  assert.equal(parseWebhookUrl("https://example.com:8443/a?b=c", false), "https://example.com:8443/a?b=c");
  assert.equal(parseWebhookUrl("https://1.1.1.1:443/", false), "https://1.1.1.1/");
});

test("where the operator allows it, private addresses, http and any port will do; credentials never", () => {
  for (const url of ["http://127.0.0.1:81/", "https://[::1]/", "http://10.0.0.1/", "http://localhost/"]) {
    assert.equal(parseWebhookUrl(url, true), url);
  }
  assert.throws(() => parseWebhookUrl("http://a:b@127.0.0.1/", true), Refusal);
  assert.throws(() => parseWebhookUrl("ftp://127.0.0.1/", true), Refusal);
});
