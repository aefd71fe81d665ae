import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { createTestTerminal } from "./test-terminal.ts";

const root = join(import.meta.dirname, "..");
const guides = readdirSync(join(root, "docs", "guide")).map((name) => join("docs", "guide", name));
const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", ...guides];
const textOf = (page: string) => readFileSync(join(root, page), "utf8");

/** `perennial jobs create … --watch`, as a command and the options it is given. */
const COMMAND = /perennial ([a-z]+)(?: ([a-z]+))?([^|`\n]*)/g;
const OPTION = /(?<![\w-])--[a-z][a-z-]*/g;

/** `## Every parameter` is `#every-parameter`, as GitHub writes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}_\- ]/gu, "")
    .replaceAll(" ", "-");

const anchorsIn = (text: string) =>
  Array.from(text.replace(/```[\s\S]*?```/g, "").matchAll(/^#+ (.*)$/gm), ([, heading = ""]) =>
    anchorOf(heading),
  );

test("every command and option that a page names is there", async () => {
  const perennial = createTestTerminal();
  const wrong: string[] = [];
  for (const page of pages)
    for (const [line, command = "", second = "", rest = ""] of textOf(page).matchAll(COMMAND)) {
      const own = (await perennial(command, "--help")).out;
      const sub = (await perennial(command, second, "--help")).out;
      const isGroup = own.includes("\nCommands:\n") && second !== "";
      const usage = `Usage: perennial ${command} ${isGroup ? `${second} ` : ""}`;
      if (!(isGroup ? sub : own).startsWith(usage)) wrong.push(`${page}: ${line}`);
      for (const [option] of rest.matchAll(OPTION))
        if (!`${own}${sub}`.includes(option)) wrong.push(`${page}: ${line}: ${option}`);
    }
  assert.deepEqual(wrong, []);
});

test("every link of a page leads to a file, and to a heading of it", () => {
  const wrong: string[] = [];
  for (const page of pages)
    for (const [, target = ""] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const found = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(root, found))) wrong.push(`${page}: ${target}`);
      else if (anchor && found.endsWith(".md") && !anchorsIn(textOf(found)).includes(anchor))
        wrong.push(`${page}: ${target}`);
    }
  assert.deepEqual(wrong, []);
});
