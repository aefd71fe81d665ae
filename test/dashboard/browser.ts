import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { createClient } from "../../client/client.ts";
import { ADMIN_KEY, checkout, type Server } from "../support/server.ts";

const executable = [
  process.env.PERENNIAL_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].find((path) => existsSync(path));

const isBuilt = existsSync(join(checkout, "dashboard", "dist", "index.html"));

/** Why no page can be opened here; false: it can. Given to a test's `skip`, so that it is said aloud. */
export const lacksBrowser: string | false = !executable
  ? "no Chromium on this machine: install it, or name it in PERENNIAL_CHROMIUM"
  : !isBuilt && "run `npm run setup` first: the dashboard is not built";

/** The sandbox of Chromium does not start as root, in containers above all. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable ?? "", args: ["--no-sandbox", "--disable-dev-shm-usage"] });

export type Tab = AsyncDisposable & {
  readonly page: Page;
  /** Errors in the console, those of the content security policy too, and exceptions that nobody caught. */
  readonly problems: string[];
};

type View = {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly zone?: string;
  /** Left out: still, since a colour halfway between two is nothing to judge. */
  readonly isMoving?: boolean;
};

/** A tab with cookies and storage of its own. */
export async function openTab(
  browser: Browser,
  { width = 1280, height = 800, dark, zone = "UTC", isMoving = false }: View = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: isMoving ? "no-preference" : "reduce",
    locale: "en-GB",
    timezoneId: zone,
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", ({ message }) => void problems.push(message));
  page.on("console", (message) => {
    // Whoever is not signed in yet is told so with 401.
    if (message.type() !== "error" || message.location().url.endsWith("/dashboard/session")) return;
    problems.push(`${message.text()} ${message.location().url}`);
  });
  return { page, problems, [Symbol.asyncDispose]: () => context.close() };
}

export async function newLink({ url }: Server): Promise<string> {
  const { token } = await createClient({ baseUrl: url, apiKey: ADMIN_KEY }).dashboard.newLink();
  return `${url}/#link=${token}`;
}

/** A tab that a link has signed in as admin. */
export async function openSignedIn(browser: Browser, server: Server, view: View = {}): Promise<Tab> {
  const tab = await openTab(browser, view);
  await tab.page.goto(await newLink(server));
  await tab.page.locator("#content").waitFor();
  await isLoaded(tab.page);
  return tab;
}

/** Waits until the screen has its title and none of its parts is still loading. */
export async function isLoaded(page: Page): Promise<void> {
  await page.locator("main h1").first().waitFor();
  await page.locator(`main [aria-label="Loading"]`).first().waitFor({ state: "hidden", timeout: 60_000 });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const CHECK = `axe.run({ runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + " " + target + ": " + failureSummary)))`;

/** What of WCAG A and AA does not hold on the page as it is shown. */
export async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("typeof axe === 'object'"))) await page.evaluate(axe);
  return await page.evaluate<string[]>(CHECK);
}

export async function assertAccessible(page: Page, name: string): Promise<void> {
  const found = await violationsOf(page);
  assert.deepEqual(found, [], `${name}:\n${found.join("\n")}`);
}

const TOO_WIDE = `new Promise((next) => requestAnimationFrame(() => setTimeout(next, 0))).then(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width);
  return wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 200));
})`;

/** What makes the page wider than its window, once it has been drawn. */
export const tooWide = (page: Page): Promise<string[]> => page.evaluate<string[]>(TOO_WIDE);

type DroppedFile = { readonly name: string; readonly text: string };

/** Drops a file as the desktop does; the page's policy lets no function in, so it is told as text. */
export async function dropFile(place: Locator, { name, text }: DroppedFile): Promise<void> {
  const dataTransfer = await place.page().evaluateHandle(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
    return data;
  })()`);
  await place.dispatchEvent("drop", { dataTransfer });
}
