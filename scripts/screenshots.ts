import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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
  OLD_BASE,
  planDates,
  receiveWebhooks,
  train,
  untilStep,
  uploadBanking,
} from "./screenshots/fill.ts";
import { liveScenes, type Scene, type Shown, scenes } from "./screenshots/pages.ts";
import { playUsage } from "./screenshots/usage.ts";

const { values: flags } = parseArgs({
  options: { to: { type: "string" }, png: { type: "boolean" }, only: { type: "string", multiple: true } },
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
function makeBases(folder: string): string {
  const bases = join(folder, "bases");
  mkdirSync(join(bases, OLD_BASE), { recursive: true });
  writeFileSync(join(bases, OLD_BASE, "base.json"), JSON.stringify(oldBase));
  symlinkSync(join(checkout, "data", "bases", BASE), join(bases, BASE));
  return bases;
}

/** As WebP, which Playwright does not offer, a picture is a third of a PNG. */
async function picture(page: Page): Promise<Buffer> {
  const devtools = await page.context().newCDPSession(page);
  const quality = format === "webp" ? { quality: 85 } : {};
  const { data } = await devtools.send("Page.captureScreenshot", { format, ...quality });
  await devtools.detach();
  return Buffer.from(data, "base64");
}

async function take(page: Page, name: string): Promise<void> {
  if (flags.only && !flags.only.includes(name)) return;
  // Charts draw themselves once they know their place.
  await page.evaluate("new Promise((next) => requestAnimationFrame(() => setTimeout(next, 300)))");
  writeFileSync(join(to, `${name}.${format}`), await picture(page));
  process.stdout.write(`${name}\n`);
}

async function takeScene(browser: Browser, server: Server, { name, path, isDark, isNarrow, act }: Scene) {
  if (flags.only && !flags.only.includes(name)) return;
  const view = { ...(isNarrow ? NARROW : WIDE), dark: isDark ?? false };
  await using tab = await openSignedIn(browser, server, view);
  await tab.page.goto(`${server.url}${path}`);
  await isLoaded(tab.page);
  await act?.(tab.page);
  await take(tab.page, name);
  if (tab.problems.length > 0) process.stdout.write(`  ${tab.problems.join("\n  ")}\n`);
}

async function takeSignIn(browser: Browser, server: Server) {
  await using tab = await openTab(browser, WIDE);
  await tab.page.goto(server.url);
  await tab.page.getByLabel("API key").waitFor();
  await take(tab.page, "sign-in");
}

async function main(): Promise<void> {
  if (lacksBrowser || lacksModel) throw new Error(String(lacksBrowser || lacksModel));
  mkdirSync(to, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "perennial-screenshots-"));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  opened.use(receiveWebhooks());
  const port = String(await findPort("127.0.0.1", 4010));
  const env = {
    PERENNIAL_BASES: makeBases(folder),
    PERENNIAL_PORT: port,
    PERENNIAL_LOG: "silent",
    PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES: "allow",
  };
  const first = await startServer({ folder, env });
  await addPeople(first);
  const banking = await uploadBanking(clientOf(first));
  const [, bakery, job] = await train(clientOf(first), banking);
  if (!job?.fine_tuned_model || !bakery) throw new Error("The training failed.");
  const callers = await callersOf(first, job.fine_tuned_model);
  await first.stop();
  await playUsage(folder, callers);

  const server = opened.use(await startServer({ folder, env }));
  const browser = await openBrowser();
  opened.defer(() => browser.close());
  const client = clientOf(server);
  await planDates(server);
  const [endpoint] = await Array.fromAsync(client.webhooks.list());
  const shown: Shown = {
    job: job.id,
    model: job.fine_tuned_model,
    bakery: bakery.id,
    trainingFile: banking.training_file,
    validationFile: banking.validation_file ?? "",
    webhook: endpoint?.id ?? "",
  };
  await takeSignIn(browser, server);
  for (const scene of scenes(shown)) await takeScene(browser, server, scene);
  const running = await client.jobs.create({ ...banking, suffix: "bank-intents-2", seed: 8 });
  await untilStep(client, running.id, 12);
  for (const scene of liveScenes(running.id)) await takeScene(browser, server, scene);
  await client.jobs.cancel(running.id);
}

await main();
