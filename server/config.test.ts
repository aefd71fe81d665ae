import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "./config.ts";

test("the defaults are safe: loopback, the documented port", () => {
  const config = readConfig({});
  assert.equal(config.PERENNIAL_HOST, "127.0.0.1");
  assert.equal(config.PERENNIAL_PORT, 4010);
});

test("an empty or blank variable counts as not set", () => {
  for (const blank of ["", " ", "\t\n"]) {
    const config = readConfig({ PERENNIAL_PORT: blank, PERENNIAL_DATA: blank, PERENNIAL_API_KEY: blank });
    assert.deepEqual(config, readConfig({}));
  }
});

test("a bad value is answered by one sentence that says what is expected", () => {
  const port = "expected a whole number from 0 to 65535.";
  const key = "expected letters, digits and signs of ASCII, without spaces.";
  for (const [name, value, problem] of [
    ["PERENNIAL_PORT", "abc", `PERENNIAL_PORT=abc: ${port}`],
    ["PERENNIAL_PORT", "65536", `PERENNIAL_PORT=65536: ${port}`],
    ["PERENNIAL_PORT", "-1", `PERENNIAL_PORT=-1: ${port}`],
    ["PERENNIAL_PORT", "0x50", `PERENNIAL_PORT=0x50: ${port}`],
    ["PERENNIAL_TRAININGS", "0", "PERENNIAL_TRAININGS=0: expected a whole number from 1, or auto."],
    ["PERENNIAL_TRAININGS", "1.5", "PERENNIAL_TRAININGS=1.5: expected a whole number from 1, or auto."],
    ["PERENNIAL_FIDELITY_TOLERANCE", "0", "PERENNIAL_FIDELITY_TOLERANCE=0: expected a number above 0."],
    ["PERENNIAL_API_KEY", "sk-two words", `PERENNIAL_API_KEY: ${key}`],
    ["PERENNIAL_ADMIN_KEY", "sk-schlüssel", `PERENNIAL_ADMIN_KEY: ${key}`],
    ["PERENNIAL_API_KEY", "secret7", "PERENNIAL_API_KEY: expected at least 8 characters."],
  ] as const) {
    assert.throws(() => readConfig({ [name]: value }), { message: problem });
  }
  assert.equal(readConfig({ PERENNIAL_FIDELITY_TOLERANCE: "2.5e-2" }).PERENNIAL_FIDELITY_TOLERANCE, 0.025);
});

test("mail needs a server and a sender; a password in the server's URL is never shown", () => {
  const from = { PERENNIAL_MAIL_FROM: "Perennial <notices@example.com>" };
  const url = "smtps://user:pass@mail.example.com";
  assert.deepEqual(readConfig({ PERENNIAL_SMTP_URL: url, ...from }).mail, {
    url,
    from: { name: "Perennial", address: "notices@example.com" },
  });
  assert.deepEqual(readConfig({ ...from }).mail, null);
  assert.throws(() => readConfig({ PERENNIAL_SMTP_URL: url }), /PERENNIAL_MAIL_FROM/);
  const alone = readConfig({ PERENNIAL_SMTP_URL: url, PERENNIAL_MAIL_FROM: " notices@example.com " });
  assert.deepEqual(alone.mail?.from, { name: "", address: "notices@example.com" });
  for (const bad of [
    "mail.example.com",
    "http://u:secret@mail.example.com",
    "smtp://",
    "smtp://u:secret@mail.example.com/path",
    "smtp://u:secret@mail.example.com?pool=true",
    "smtp://u:secret%zz@mail.example.com",
    "smtp://:secret@mail.example.com",
    "smtp://u:secret@mail.example.com:99999",
  ])
    assert.throws(
      () => readConfig({ PERENNIAL_SMTP_URL: bad, ...from }),
      (error: Error) => error.message.startsWith("PERENNIAL_SMTP_URL: ") && !error.message.includes("secret"),
      bad,
    );
  for (const bad of ["nobody", "A <b>", "A <a@example.com> B", "a@example.com\nBcc: b@example.com", "<>"])
    assert.throws(() => readConfig({ PERENNIAL_SMTP_URL: url, PERENNIAL_MAIL_FROM: bad }), /MAIL_FROM/, bad);
});

test("a bad value is refused by the variable's name", () => {
  assert.throws(() => readConfig({ PERENNIAL_PORT: "http" }), /PERENNIAL_PORT=http/);
  assert.throws(() => readConfig({ PERENNIAL_TRAININGS: "0" }), /PERENNIAL_TRAININGS=0/);
  assert.throws(() => readConfig({ PERENNIAL_DATABASE_URL: "postgres://x" }), /PERENNIAL_DATABASE_URL/);
});

test("links name an address that can be called, also where the server listens on all", () => {
  const urlFor = (PERENNIAL_HOST: string, more = {}) => readConfig({ PERENNIAL_HOST, ...more }).publicUrl;
  assert.equal(urlFor("127.0.0.1"), "http://127.0.0.1:4010");
  assert.equal(urlFor("0.0.0.0"), "http://localhost:4010");
  assert.equal(urlFor("::1"), "http://[::1]:4010");
  assert.equal(urlFor("::", { PERENNIAL_PUBLIC_URL: "https://tuning.example/" }), "https://tuning.example");
});
