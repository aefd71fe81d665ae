import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import type { Browser, Page } from "playwright-core";
import { PLAYED_BASE, startPlayedServer } from "../support/played-server.ts";
import { trainingJsonl } from "../support/rows.ts";
import { newFolder, PROJECT_KEY, type Server } from "../support/server.ts";
import {
  assertAccessible,
  isLoaded,
  lacksBrowser,
  newLink,
  openBrowser,
  openSignedIn,
  openTab,
  tooWide,
} from "./browser.ts";

async function createJob({ url }: Server, suffix: string): Promise<string> {
  const { files, fineTuning } = new OpenAI({ baseURL: `${url}/v1`, apiKey: PROJECT_KEY });
  const file = await toFile(Buffer.from(trainingJsonl(12)), "train.jsonl");
  const { id } = await files.create({ file, purpose: "fine-tune" });
  return (await fineTuning.jobs.create({ model: PLAYED_BASE, training_file: id, suffix })).id;
}

const menu = (page: Page) => page.getByRole("navigation", { name: "Pages" });
const signInTitle = (page: Page) => page.getByRole("heading", { name: "Sign in to Perennial" });
const storage = "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])";

async function signInBy(page: Page, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe("the dashboard in a browser", { skip: lacksBrowser }, () => {
  const folder = newFolder();
  let server: Server;
  let browser: Browser;
  before(async () => {
    [server, browser] = await Promise.all([startPlayedServer({ folder }), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a link signs in once, and is in no address afterwards", async () => {
    const link = await newLink(server);
    await using first = await openTab(browser);
    await first.page.goto(link);
    await menu(first.page).waitFor();
    assert.equal(first.page.url(), `${server.url}/`);
    await using second = await openTab(browser);
    await second.page.goto(link);
    await signInTitle(second.page).waitFor();
    assert.equal(second.page.url(), `${server.url}/`);
    assert.deepEqual(first.problems, []);
  });

  test("a wrong key is told, a project's key signs in, and none is where a script finds it", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await page.goto(`${server.url}/jobs`);
    await signInBy(page, "sk-of-nobody");
    await page.getByRole("alert").waitFor();
    await assertAccessible(page, "Sign-in");
    await signInBy(page, PROJECT_KEY);
    await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
    assert.equal(await page.evaluate<string>(storage), "[[],[]]");
    assert.equal(await page.evaluate<string>("document.cookie"), "");
    assert.ok(!(await page.content()).includes(PROJECT_KEY));
    await page.getByRole("button", { name: "Sign out" }).click();
    await signInTitle(page).waitFor();
    await page.reload();
    await signInTitle(page).waitFor();
  });

  test("every screen opens without errors, is accessible in light and dark, and fits a narrow window", async () => {
    const id = await createJob(server, "every-screen");
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    const links = await menu(page).getByRole("link").all();
    const names = await Promise.all(links.map((link) => link.innerText()));
    assert.ok(names.length >= 11);
    const look = async (name: string) => {
      await isLoaded(page);
      await assertAccessible(page, name);
      await page.emulateMedia({ colorScheme: "dark" });
      await assertAccessible(page, `${name}, dark`);
      await page.setViewportSize({ width: 390, height: 800 });
      assert.deepEqual(await tooWide(page), [], `${name}, narrow`);
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.emulateMedia({ colorScheme: "light" });
      assert.deepEqual(tab.problems, [], name);
    };
    for (const name of names) {
      await menu(page).getByRole("link", { name, exact: true }).click();
      await page.locator(`a[aria-current="page"]`, { hasText: name }).waitFor();
      await look(name);
    }
    await page.goto(`${server.url}/jobs/${id}`);
    await look("Job");
  });

  test("the menu of a narrow window opens, goes to a page and closes", async () => {
    await using tab = await openSignedIn(browser, server, { width: 390 });
    const { page } = tab;
    assert.equal(await menu(page).isVisible(), false);
    await page.getByRole("button", { name: "Menu" }).click();
    await assertAccessible(page, "open menu");
    await menu(page).getByRole("link", { name: "Files" }).click();
    await page.getByRole("heading", { name: "Files", level: 1 }).waitFor();
    assert.equal(await menu(page).isVisible(), false);
  });

  test("Ctrl-K finds pages, models, jobs and files, and Escape goes back to where one was", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "A page, a model, a job or a file" }).waitFor();
    await assertAccessible(page, "Find");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.keyboard.type("jobs");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/jobs");
    assert.equal(await page.getByRole("dialog").count(), 0);
    const id = await createJob(server, "to-be-found");
    for (const [asked, kind, path] of [
      [PLAYED_BASE, "model", `/models/${PLAYED_BASE}`],
      [id, "job", `/jobs/${id}`],
      ["to-be-found", "job", `/jobs/${id}`],
      ["train.jsonl file-", "file", "/files"],
    ] as const) {
      await page.keyboard.press("Control+k");
      await page.keyboard.type(asked);
      await page.getByRole("option", { selected: true }).getByText(kind, { exact: true }).waitFor();
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.pathname === path);
    }
  });

  test("a page whose session was ended in another tab asks for a key", async () => {
    await using tab = await openSignedIn(browser, server);
    const other = await tab.page.context().newPage();
    await other.goto(server.url);
    await other.getByRole("button", { name: "Sign out" }).click();
    await signInTitle(other).waitFor();
    await createJob(server, "for-nobody");
    await signInTitle(tab.page).waitFor();
  });

  test("a page whose script is gone says so, and the others go on", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    await page.route(/assets\/keys-/, (route) => route.abort());
    await page.goto(await newLink(server));
    await menu(page).getByRole("link", { name: "Keys" }).click();
    await page.getByRole("heading", { name: "This page broke" }).waitFor();
    await assertAccessible(page, "A broken page");
    await menu(page).getByRole("link", { name: "Jobs" }).click();
    await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  });

  test("a chosen colour stays after the page is loaded again", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    await page.getByLabel("Colours").selectOption("Dark colours");
    await page.reload();
    await page.locator("html.dark").waitFor();
    assert.equal(await page.evaluate<string>(storage), '[[["theme","dark"]],[]]');
  });

  test("a job that is created elsewhere comes into the open list", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    await menu(page).getByRole("link", { name: "Jobs" }).click();
    await isLoaded(page);
    await createJob(server, "told-at-once");
    await page.getByRole("table", { name: "Jobs" }).getByText("told-at-once").waitFor();
  });

  test("a page that nobody sees holds no connection, and knows at once what is new when it is seen again", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    await menu(page).getByRole("link", { name: "Jobs" }).click();
    await isLoaded(page);
    const shown = (state: string) =>
      page.evaluate<void>(
        `Object.defineProperty(document, "visibilityState", { configurable: true, value: "${state}" });
        document.dispatchEvent(new Event("visibilitychange"))`,
      );
    const given = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/changes"));
    await shown("hidden");
    await given;
    await createJob(server, "while-away");
    const list = page.getByRole("table", { name: "Jobs" });
    assert.equal(await list.getByText("while-away").count(), 0);
    await shown("visible");
    await list.getByText("while-away").waitFor();
    assert.deepEqual(tab.problems, []);
  });

  test("times are in the reader's zone, with UTC under the pointer", async () => {
    await using tab = await openSignedIn(browser, server, { zone: "Asia/Tokyo" });
    await createJob(server, "in-tokyo");
    await menu(tab.page).getByRole("link", { name: "Jobs" }).click();
    const time = tab.page.getByRole("row").filter({ hasText: "in-tokyo" }).locator("time").first();
    const at = new Date((await time.getAttribute("datetime")) ?? "");
    assert.equal(await time.getAttribute("title"), `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`);
    const there = at.toLocaleString("en-GB", {
      timeZone: "Asia/Tokyo",
      dateStyle: "medium",
      timeStyle: "short",
    });
    assert.equal(await time.innerText(), there);
  });

  test("nothing moves where the reader wants no motion", async () => {
    const longest = `Math.max(...Array.from(document.querySelectorAll("button, a"), (one) =>
      parseFloat(getComputedStyle(one).transitionDuration)))`;
    await using still = await openSignedIn(browser, server);
    await using moving = await openSignedIn(browser, server, { isMoving: true });
    assert.equal(await still.page.evaluate(longest), 0);
    assert.notEqual(await moving.page.evaluate(longest), 0);
  });
});
