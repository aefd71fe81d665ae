import assert from "node:assert/strict";
import { test } from "node:test";
import { welcome } from "./welcome.ts";

const server = {
  url: "http://127.0.0.1:4010",
  bases: ["tiny"],
  dashboardLink: "http://127.0.0.1:4010/#link=abc",
};

test("only a key that this start made is shown; of others only where they are", () => {
  const api = { key: "sk-proj-new", place: "/data/api-key", origin: "made" } as const;
  const admin = { key: "sk-secret", place: "PERENNIAL_ADMIN_KEY", origin: "environment" } as const;
  assert.equal(
    welcome({ ...server, keys: { api, admin } }),
    [
      "Perennial listens on http://127.0.0.1:4010/v1",
      "Base models: tiny",
      "Your API key, shown once and kept in /data/api-key: sk-proj-new",
      "The admin key is the one in PERENNIAL_ADMIN_KEY.",
      "The dashboard, by a link that works once, within 30 minutes: http://127.0.0.1:4010/#link=abc",
    ].join("\n"),
  );
});

test("a server without base models says how it gets some", () => {
  const key = { key: "sk-proj-old", place: "/data/api-key", origin: "file" } as const;
  const text = welcome({ ...server, bases: [], keys: { api: key, admin: key } });
  assert.match(
    text,
    /^Base models: none\. `npm run setup` with the same PERENNIAL_DATA brings one, or PERENNIAL_BASES/m,
  );
});

test("a first key that was revoked is not offered", () => {
  const api = { key: "sk-proj-old", place: "/data/api-key", origin: "revoked" } as const;
  const admin = { key: "sk-admin-old", place: "/data/admin-key", origin: "file" } as const;
  const text = welcome({ ...server, dashboardLink: null, keys: { api, admin } });
  assert.match(
    text,
    /The API key in \/data\/api-key was revoked; `npx perennial keys create` makes another\./,
  );
  assert.match(text, /The admin key is the one in \/data\/admin-key\./);
  assert.doesNotMatch(text, /sk-/);
});
