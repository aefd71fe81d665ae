/** How soon does the dashboard show something, and does it stay smooth with 10,000 jobs and a job of 20,000 steps? */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { isLoaded, lacksBrowser, openBrowser, openSignedIn } from "../test/dashboard/browser.ts";
import { startPlayedServer } from "../test/support/played-server.ts";
import type { Server } from "../test/support/server.ts";
import { fill } from "./dashboard/fill.ts";
import { read, watch } from "./dashboard/watch.ts";
import { keepResults } from "./machine.ts";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "10000" },
    steps: { type: "string", default: "20000" },
    write: { type: "boolean", default: false },
  },
});
const JOBS = Number(values.jobs);
const STEPS = Number(values.steps);
const VIEWS = 5;
const MORE_PAGES = 10;
const LIVE_MS = 15_000;

const since = (began: number) => Math.round(performance.now() - began);

const middle = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

async function opened(page: Page, url: string, isThere: () => Promise<unknown>) {
  const began = performance.now();
  await page.goto(url);
  await isThere();
  return since(began);
}

/** Of somebody who is signed in, with nothing in the browser's cache. */
async function firstViews(browser: Browser, server: Server): Promise<number[]> {
  const found: number[] = [];
  for (let view = 0; view < VIEWS; view += 1) {
    await using tab = await openSignedIn(browser, server);
    const context = await browser.newContext({ storageState: await tab.page.context().storageState() });
    await tab.page.close();
    const page = await context.newPage();
    found.push(await opened(page, `${server.url}/`, () => isLoaded(page)));
    await context.close();
  }
  return found;
}

const rowCount = `Number(document.querySelector('[role="table"]')?.getAttribute("aria-rowcount"))`;
const toTheEnd = `(() => { const box = document.querySelector('[role="table"] [tabindex]'); box.scrollTop = box.scrollHeight; })()`;

async function untilRows(page: Page, count: number): Promise<void> {
  for (let tries = 0; (await page.evaluate<number>(rowCount)) < count; tries += 1) {
    if (tries > 2000) throw new Error(`The list never had ${count} rows.`);
    await sleep(5);
  }
}

async function jobList(browser: Browser, server: Server) {
  await using tab = await openSignedIn(browser, server);
  const { page } = tab;
  await watch(page);
  const open_ms = await opened(page, `${server.url}/jobs`, () =>
    page.locator('[role="row"] a').first().waitFor(),
  );
  await untilRows(page, 100);
  await read(page);
  const pages: number[] = [];
  for (let more = 1; more <= MORE_PAGES; more += 1) {
    const began = performance.now();
    await page.evaluate(toTheEnd);
    await untilRows(page, 100 * (more + 1));
    pages.push(since(began));
  }
  const scrolling = await read(page);
  const began = performance.now();
  await page.getByLabel("Find a job").fill("bench000042");
  await page.getByText(/^1 of [\d,]+ jobs$/).waitFor({ timeout: 120_000 });
  return {
    open_ms,
    more_page_ms: middle(pages),
    scrolling,
    find_among_all_ms: since(began),
    finding: await read(page),
  };
}

const lossOf = (page: Page) => page.getByRole("img", { name: /^Loss/ });

/** A hand that zooms while new steps come. */
async function zoom(page: Page): Promise<void> {
  const box = await page.locator(".u-over").first().boundingBox();
  if (!box) throw new Error("There is no plot to zoom.");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.3, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 20 });
  await page.mouse.up();
}

async function longJob(browser: Browser, server: Server, id: string) {
  await using tab = await openSignedIn(browser, server);
  const { page } = tab;
  await watch(page);
  const open_ms = await opened(page, `${server.url}/jobs/${id}`, () =>
    lossOf(page).locator("canvas").waitFor(),
  );
  const opening = await read(page);
  const before = await lossOf(page).getAttribute("aria-label");
  await sleep(LIVE_MS);
  const live = await read(page);
  if ((await lossOf(page).getAttribute("aria-label")) === before) throw new Error("No new step was shown.");
  await zoom(page);
  await sleep(1000);
  return { open_ms, opening, live, zooming: await read(page), problems: tab.problems };
}

if (lacksBrowser) throw new Error(lacksBrowser);
await using server = await startPlayedServer();
const id = await fill(server, { jobs: JOBS, steps: STEPS });
const browser = await openBrowser();
const report = {
  jobs: JOBS,
  steps: STEPS,
  chromium: browser.version(),
  /** Others at work on the machine make all of it slower. */
  load_average: Number(loadavg()[0]?.toFixed(1)),
  first_view_ms: await firstViews(browser, server),
  job_list: await jobList(browser, server),
  long_job: await longJob(browser, server, id),
};
await browser.close();
console.log(JSON.stringify(report, null, 2));
if (values.write) keepResults("dashboard", report);
