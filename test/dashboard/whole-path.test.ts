import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { createClient } from "../../client/client.ts";
import { findPort } from "../../scripts/demo/server.ts";
import { GRASS, GRASS_COLOUR, question, trainingJsonl } from "../support/rows.ts";
import { lacksModel, newFolder, PROJECT_KEY, type Server, startServer } from "../support/server.ts";
import { assertAccessible, dropFile, lacksBrowser, openBrowser, openSignedIn, type Tab } from "./browser.ts";

/** A trainer or an engine starts meanwhile. */
const SLOW = { timeout: 240_000 };
const rows = trainingJsonl(36);
const [system, user] = question(GRASS);

/** Its second line ends before its object does. */
const cut = rows.replace(/^(.*\n.*)\}\n/, "$1\n");
/** Its last row has nothing to learn. */
const unanswered = `${rows}{"messages":[{"role":"user","content":"What colour is mud?"}]}\n`;

const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

const drop = (page: Page, name: string, text: string) =>
  dropFile(page.getByText("Drop a file of examples here, or pick one"), { name, text });

const done = (page: Page) => page.getByRole("status").filter({ hasText: "done" });
const answers = (page: Page) => page.getByRole("group", { name: "Answer of" });

/** Each test goes on where the one before it has left the page. */
describe("from a dropped file to the answers of a tuned model", { skip: lacksBrowser || lacksModel }, () => {
  const folder = newFolder();
  let env: NodeJS.ProcessEnv;
  let server: Server;
  let browser: Browser;
  let tab: Tab;
  let page: Page;
  before(async () => {
    // One that stays: a browser's cookie is for a server of one port.
    env = { PERENNIAL_PORT: String(await findPort("127.0.0.1", 0)) };
    [server, browser] = await Promise.all([startServer({ folder, env }), openBrowser()]);
    tab = await openSignedIn(browser, server);
    page = tab.page;
  });
  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a file that is no JSONL is not taken, and its faulty line is shown", async () => {
    await page.locator("main").getByRole("link", { name: "New fine-tune" }).click();
    await drop(page, "cut.jsonl", cut);
    const alert = page.getByRole("alert");
    await alert.getByText("Line 2", { exact: true }).waitFor();
    await alert.locator("code").getByText("What colour is the sky?").waitFor();
    await assertAccessible(page, "New fine-tune, a file refused");
    // The browser writes down every answer of 400.
    assert.match(tab.problems.splice(0).join("\n"), /^Failed to load resource.* 400 .*\/v1\/files$/);
  });

  test("a row that teaches nothing is shown with its line, and no job can be created", async () => {
    await drop(page, "unanswered.jsonl", unanswered);
    const problems = page.getByRole("list", { name: "Problems" });
    await problems.getByText("Line 37", { exact: true }).waitFor();
    await problems.getByText("What colour is mud?").waitFor();
    await problems.getByText("Add an assistant message").waitFor();
    await assertAccessible(page, "New fine-tune, a file with problems");
    assert.equal(await button(page, "Create the job").isEnabled(), false);
    await button(page, "Upload another file").click();
  });

  test("the mended file is previewed and estimated, and its job is created", async () => {
    await page.getByLabel("Name").fill("colours");
    await page.getByLabel("Epochs").fill("6");
    await page.getByLabel("Batch size").fill("6");
    await page.getByLabel("Learning rate multiplier").fill("2");
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Seed").fill("7");
    await drop(page, "colours.jsonl", rows);
    await page.getByText("Ready to train on").waitFor();
    await page.getByRole("group", { name: "Tokens" }).first().locator("mark").waitFor();
    await page.getByText("Time, once it begins").waitFor(SLOW);
    await assertAccessible(page, "New fine-tune, estimated");
    await button(page, "Create the job").click();
    await page.getByRole("heading", { name: "colours", level: 1 }).waitFor();
  });

  test("the page follows the training by itself, through a crash of the server to the job's end", async () => {
    await page.evaluate("globalThis.isSamePage = true");
    const loss = page
      .getByRole("figure")
      .filter({ has: page.getByRole("img", { name: /^Loss\..*last \d/ }) });
    await loss.waitFor(SLOW);
    await server.kill();
    await page.getByText("No connection").waitFor();
    server = await startServer({ folder, env });
    await page.getByText("No connection").waitFor({ state: "detached" });
    await link(page, "Compare with its base").waitFor(SLOW);
    // What the chart says at its right edge is the last step that it has in view.
    const { width = 0, height = 0 } = (await loss.locator(".u-over").boundingBox()) ?? {};
    await loss.locator(".u-over").hover({ position: { x: width - 2, y: height / 2 } });
    await loss.getByText("36", { exact: true }).waitFor();
    assert.equal(await page.evaluate("globalThis.isSamePage"), true);
  });

  test("base, checkpoints and model answer a row that is picked, and another checkpoint becomes the model and back", async () => {
    await button(page, "Pick rows").click();
    await page.getByLabel("Find a row").fill("grass");
    await page.getByRole("list", { name: "Rows" }).getByRole("checkbox").first().check();
    await button(page, "Ask").click();
    await button(page, "Ask again").waitFor(SLOW);
    const line = page.getByRole("region", { name: "Answers" }).getByRole("row").nth(1);
    const [expected = "", , ...given] = await line.getByRole("cell").allInnerTexts();
    assert.equal(expected, GRASS_COLOUR);
    assert.ok(given.length === 3 && given.at(-1)?.startsWith("✓\nas expected"), given.join("; "));
    assert.match(page.url(), /rows=1$/);
    await page.getByRole("definition").getByText("as trained").waitFor();
    await assertAccessible(page, "Job with answers");
    for (const step of [24, 36]) {
      await button(page, `Make it the model: step ${step}`).click();
      await assertAccessible(page, "Make it the model");
      await page.getByRole("dialog").getByRole("button", { name: "Make it the model" }).click();
      await page.getByText(`now answers from the checkpoint of step ${step}`).waitFor();
    }
  });

  test("one click compares the model with its base, which does not know what it has learnt", async () => {
    await page.locator(`a[href*="prompt="]`, { hasText: "Compare with its base" }).click();
    // It begins with the first row's question, so that the model is asked as it has learnt to be.
    assert.equal(await page.getByLabel("System").inputValue(), system?.content);
    assert.equal(await page.getByLabel("User").inputValue(), user?.content);
    await page.getByLabel("Most tokens").fill("8");
    await button(page, "Ask 2 models").click();
    await done(page).nth(1).waitFor(SLOW);
    const [base = "", tuned = ""] = await answers(page).allInnerTexts();
    assert.notEqual(base.trim(), "");
    assert.ok(!base.includes(GRASS_COLOUR));
    assert.equal(tuned.trim(), GRASS_COLOUR);
    await assertAccessible(page, "Playground with answers");
  });

  test("a model that is deleted meanwhile says so where it was asked, and the other one answers", async () => {
    const { models } = createClient({ baseUrl: server.url, apiKey: PROJECT_KEY });
    const [tuned] = (await models.list()).filter(({ id }) => id.startsWith("ft:") && !id.includes(":ckpt-"));
    await models.delete(tuned?.id ?? "");
    await button(page, "Ask 2 models").click();
    await page.getByRole("alert").getByText("does not exist").waitFor();
    await done(page).waitFor(SLOW);
  });
});
