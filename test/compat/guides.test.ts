import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import {
  BASE,
  checkout,
  lacksModel,
  PROJECT_KEY,
  python,
  type Server,
  startServer,
} from "../support/server.ts";

const run = promisify(execFile);

const languages = {
  ts: { program: process.execPath, file: "example.ts" },
  python: { program: python, file: "example.py" },
  bash: { program: "bash", file: "example.sh" },
};
type Language = keyof typeof languages;

/** The pieces of one language, in their order. */
function examplesOf(page: string, language: Language): string {
  const text = readFileSync(join(checkout, "docs", "guide", page), "utf8");
  const pieces = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language);
  assert.ok(pieces.length > 0, `${page} has no example in ${language}`);
  return pieces.map(([, , code]) => code).join("\n");
}

describe("the guides' examples run as they stand", { skip: lacksModel }, () => {
  let server: Server;
  // In the checkout, where the packages are.
  const folder = mkdtempSync(join(checkout, "test", "compat", "guides-"));
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server?.[Symbol.asyncDispose]();
  });

  async function output(page: string, language: Language): Promise<string> {
    const { program, file } = languages[language];
    writeFileSync(join(folder, file), examplesOf(page, language));
    const env = { ...process.env, OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: PROJECT_KEY };
    const { stdout } = await run(program, [join(folder, file)], { env, timeout: 120_000 });
    return stdout;
  }

  test("chat in TypeScript: answers, tools, schemas, stored ones, plain texts", async () => {
    const said = await output("chat.md", "ts");
    for (const part of [
      /sunny in (Rome|Oslo)/,
      /nights: \d/,
      /^chatcmpl-/m,
      /^Say hello\.$/m,
      / Paris/,
      /-\d\.\d+/,
    ])
      assert.match(said, part);
  });

  test("responses in TypeScript: turns, streams, background, functions, schemas, conversations", async () => {
    const said = await output("responses.md", "ts");
    for (const part of [
      /^\d+ response\.(completed|incomplete)$/m,
      /^cancelled$/m,
      /^(Rome|Oslo)$/m,
      /My name is Ann/,
      /^\d+$/m,
    ])
      assert.match(said, part);
  });

  for (const page of ["chat.md", "responses.md"]) {
    test(`${page} in Python and with curl`, async () => {
      const [spoken, sent] = [await output(page, "python"), await output(page, "bash")];
      assert.match(spoken, /\w/);
      assert.equal(JSON.parse(sent).model, BASE);
    });
  }
});
