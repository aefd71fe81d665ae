import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { isLoaded, lacksBrowser, openBrowser, openSignedIn, openTab } from "../test/dashboard/browser.ts";
import { BASE, checkout, lacksModel, type Server, startServer } from "../test/support/server.ts";
import { findPort } from "./demo/server.ts";
import {
  addPeople,
  callersOf,
  clientOf,
  findShown,
  OLD_BASE,
  planDates,
  receiveWebhooks,
  train,
  untilStep,
} from "./screenshots/fill.ts";
import { liveScenes, type Scene, scenes } from "./screenshots/pages.ts";
import { playUsage } from "./screenshots/usage.ts";

const { values: flags } = parseArgs({
  options: {
    to: { type: "string" },
    png: { type: "boolean" },
    only: { type: "string", multiple: true },
    /** A folder that is filled where it is empty and kept, so that a page can be taken again without training. */
    data: { type: "string" },
  },
});
const to = flags.to ?? join(checkout, "docs", "screenshots");
const format = flags.png ? "png" : "webp";
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 800 };

const oldBase = {
  id: OLD_BASE,
  format: "gguf",
  gguf: "model.gguf",
  hf: "hf",
  context_length: 2048,
  parameters: 134_515_008,
  license: "apache-2.0",
  created: 1_721_000_000,
};

/** The real base beside one that is only named. */
function makeBases(folder: string): void {
  const bases = join(folder, "bases");
  mkdirSync(join(bases, OLD_BASE), { recursive: true });
  writeFileSync(join(bases, OLD_BASE, "base.json"), JSON.stringify(oldBase));
  symlinkSync(join(checkout, "data", "bases", BASE), join(bases, BASE));
}

/** As WebP, which Playwright does not offer, a picture is a third of a PNG. */
async function picture(page: Page): Promise<Buffer> {
  const devtools = await page.context().newCDPSession(page);
  const quality = format === "webp" ? { quality: 85 } : {};
  const { data } = await devtools.send("Page.captureScreenshot", { format, ...quality });
  await devtools.detach();
  return Buffer.from(data, "base64");
}

const isWanted = (all: readonly Pick<Scene, "name">[]) =>
  !flags.only || all.some(({ name }) => flags.only?.includes(name));

async function take(page: Page, name: string): Promise<void> {
  // Charts draw themselves once they know their place.
  await page.evaluate("new Promise((next) => requestAnimationFrame(() => setTimeout(next, 300)))");
  writeFileSync(join(to, `${name}.${format}`), await picture(page));
  process.stdout.write(`${name}\n`);
}

async function takeScene(browser: Browser, server: Server, scene: Scene): Promise<void> {
  if (!isWanted([scene])) return;
  const { name, path, isDark, isNarrow, act } = scene;
  const view = { ...(isNarrow ? NARROW : WIDE), dark: isDark ?? false };
  await using tab = await openSignedIn(browser, server, view);
  await tab.page.goto(`${server.url}${path}`);
  await isLoaded(tab.page);
  await act?.(tab.page);
  await take(tab.page, name);
  if (tab.problems.length > 0) process.stdout.write(`  ${tab.problems.join("\n  ")}\n`);
}

async function takeSignIn(browser: Browser, server: Server): Promise<void> {
  if (!isWanted([{ name: "sign-in" }])) return;
  await using tab = await openTab(browser, WIDE);
  await tab.page.goto(server.url);
  await tab.page.getByLabel("API key").waitFor();
  await take(tab.page, "sign-in");
}

/** A server that somebody has used for two weeks; `folder` is its own afterwards. */
async function fill(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await using server = await startServer({ folder, env });
  await addPeople(server);
  const tuned = await train(clientOf(server));
  const callers = await callersOf(server, tuned);
  await planDates(server);
  await server.stop();
  await playUsage(folder, callers);
}

async function takeAll(server: Server): Promise<void> {
  const browser = await openBrowser();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => browser.close());
  const client = clientOf(server);
  const { shown, request } = await findShown(client);
  await takeSignIn(browser, server);
  for (const scene of scenes(shown)) await takeScene(browser, server, scene);
  if (!isWanted(liveScenes(""))) return;
  const running = await client.jobs.create({ ...request, suffix: "bank-intents-2", seed: 8 });
  opened.defer(async () => void (await client.jobs.cancel(running.id)));
  await untilStep(client, running.id, 8);
  for (const scene of liveScenes(running.id)) await takeScene(browser, server, scene);
}

async function main(): Promise<void> {
  if (lacksBrowser || lacksModel) throw new Error(String(lacksBrowser || lacksModel));
  mkdirSync(to, { recursive: true });
  await using opened = new AsyncDisposableStack();
  const folder = flags.data ?? mkdtempSync(join(tmpdir(), "perennial-screenshots-"));
  if (!flags.data) opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  opened.use(receiveWebhooks());
  const env = {
    PERENNIAL_BASES: join(folder, "bases"),
    PERENNIAL_PORT: String(await findPort("127.0.0.1", 4010)),
    PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES: "allow",
  };
  if (!existsSync(join(folder, "bases"))) {
    makeBases(folder);
    await fill(folder, env);
  }
  await takeAll(opened.use(await startServer({ folder, env })));
}

await main();
