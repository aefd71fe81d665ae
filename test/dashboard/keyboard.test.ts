import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { startPlayedServer } from "../support/played-server.ts";
import { trainingJsonl } from "../support/rows.ts";
import { PROJECT_KEY, type Server } from "../support/server.ts";
import { lacksBrowser, openBrowser, openTab } from "./browser.ts";

/** More than any page has places for the keyboard to stop at. */
const MOST_STOPS = 120;

/** What has the focus, if that is not to be seen; a hidden input shows it on its label. */
const UNSEEN = `(({ activeElement: at }) =>
  at === document.body || [at, at.closest("label")].some((one) => one && getComputedStyle(one).outlineStyle !== "none")
    ? null
    : at.outerHTML.slice(0, 120))(document)`;

/** As somebody without a mouse gets there: by Tab, seeing at every stop where they are. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  const reached = target.and(page.locator(":focus"));
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate<string | null>(UNSEEN), null, "the focus is shown");
    if ((await reached.count()) > 0) return;
  }
  assert.fail(`The keyboard does not get to ${target}.`);
}

describe("the dashboard by keyboard alone", { skip: lacksBrowser }, () => {
  let server: Server;
  let browser: Browser;
  before(async () => {
    [server, browser] = await Promise.all([startPlayedServer(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test("one signs in, picks a file, creates a job and cancels it", async () => {
    await using tab = await openTab(browser);
    const { page } = tab;
    const { keyboard } = page;
    await page.goto(server.url);
    await tabTo(page, page.getByLabel("API key"));
    await keyboard.type(PROJECT_KEY);
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();

    const menu = page.getByRole("navigation", { name: "Pages" });
    await tabTo(page, menu.getByRole("link", { name: "New fine-tune" }));
    await keyboard.press("Enter");
    const input = page.getByLabel("Drop a file of examples here, or pick one");
    await input.waitFor({ state: "attached" });
    await tabTo(page, input);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), keyboard.press("Space")]);
    const buffer = Buffer.from(trainingJsonl(12));
    await chooser.setFiles({ name: "colours.jsonl", mimeType: "application/jsonl", buffer });
    await page.getByText("Ready to train on").waitFor();
    await tabTo(page, page.getByLabel("Name"));
    await keyboard.type("by-keyboard");
    await tabTo(page, page.getByRole("button", { name: "Create the job" }));
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "by-keyboard", level: 1 }).waitFor();

    await tabTo(page, page.getByRole("button", { name: "Cancel", exact: true }));
    await keyboard.press("Enter");
    await tabTo(page, page.getByRole("button", { name: "Cancel the job" }));
    await keyboard.press("Enter");
    await page.getByText("cancelled").first().waitFor();
  });
});
