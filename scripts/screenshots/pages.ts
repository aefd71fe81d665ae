import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { dropFile } from "../../test/dashboard/browser.ts";
import { BASE, checkout } from "../../test/support/server.ts";

export type Scene = {
  readonly name: string;
  readonly path: string;
  readonly isDark?: boolean;
  readonly isNarrow?: boolean;
  /** Brings the page to what the picture shows. */
  readonly act?: (page: Page) => Promise<void>;
};

export type Shown = {
  readonly job: string;
  readonly model: string;
  readonly bakery: string;
  readonly trainingFile: string;
  readonly validationFile: string;
  readonly webhook: string;
};

const SLOW = { timeout: 180_000 };
const encoded = encodeURIComponent;

const heldOut = JSON.parse(
  readFileSync(join(checkout, "examples/banking77/held-out.jsonl"), "utf8").split("\n")[3] ?? "",
);

async function askBoth(page: Page): Promise<void> {
  const [system, user] = heldOut.messages;
  await page.getByLabel("System").fill(system.content);
  await page.getByLabel("User").fill(user.content);
  await page.getByLabel("Temperature").fill("0");
  await page.getByLabel("Most tokens").fill("80");
  const bothDone = page.getByRole("status").filter({ hasText: "done" }).nth(1);
  // The first time an engine has to take the adapter in.
  for (const _ of ["first", "second"]) {
    await page.getByRole("button", { name: "Ask 2 models" }).click();
    await bothDone.waitFor(SLOW);
  }
  await page.evaluate("scrollTo(0, 0)");
}

const DRAFT = [
  {
    messages: [
      { role: "user", content: "When do you open?" },
      { role: "assistant", content: "At seven." },
    ],
  },
  { messages: [{ role: "user", content: "Do you have rye bread?" }] },
  {
    messages: [
      { role: "user", content: "Hi" },
      { role: "asistant", content: "Good morning!" },
    ],
  },
];

async function dropDraft(page: Page): Promise<void> {
  const text = DRAFT.map((row) => JSON.stringify(row)).join("\n");
  await dropFile(page.getByText("Drop a file of examples here, or pick one"), { name: "faq.jsonl", text });
  await page.getByRole("list", { name: "Problems" }).waitFor();
}

async function openFind(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "A page, a model" }).waitFor();
  await page.keyboard.type("bank");
  await page.getByRole("listbox").getByRole("option").first().waitFor();
}

async function askSamples(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByRole("button", { name: "Ask again" }).waitFor(SLOW);
  await page.getByRole("heading", { name: "Sample answers" }).scrollIntoViewIfNeeded();
}

const inHalfAYear = () => new Date(Date.now() + 180 * 86_400_000).toISOString().slice(0, 10);

async function writeChange(page: Page): Promise<void> {
  await page.getByLabel("Base model").selectOption(BASE);
  await page.getByLabel("Shutdown").fill(inHalfAYear());
  await page.getByRole("button", { name: "Apply" }).waitFor();
}

const untilEstimated = (page: Page) => page.getByText("Time, once it begins").waitFor(SLOW);
const scrollTo = (text: string) => async (page: Page) => {
  await untilEstimated(page);
  await page.getByText(text, { exact: true }).first().scrollIntoViewIfNeeded();
};

/** What stands still; what needs a running job is in `liveScenes`. */
export function scenes({
  job,
  model,
  bakery,
  trainingFile,
  validationFile,
  webhook,
}: Shown): readonly Scene[] {
  const choices = `file=${trainingFile}&validation=${validationFile}&suffix=bank-intents`;
  const compared = `/playground?models=${encoded(BASE)},${encoded(model)}`;
  return [
    { name: "new-problems", path: "/new", act: dropDraft },
    { name: "new", path: `/new?${choices}`, act: (page) => page.locator("mark").nth(1).waitFor(SLOW) },
    { name: "new-estimate", path: `/new?${choices}&n_epochs=2`, act: scrollTo("What it will take") },
    { name: "jobs", path: "/jobs" },
    { name: "job", path: `/jobs/${job}` },
    { name: "job-compare", path: `/jobs/${job}?compare=${bakery}`, isDark: true },
    { name: "job-narrow", path: `/jobs/${job}`, isNarrow: true },
    { name: "job-samples", path: `/jobs/${job}?rows=1,2,3`, act: askSamples },
    { name: "models", path: "/models" },
    { name: "model", path: `/models/${encoded(model)}` },
    { name: "playground", path: compared, act: askBoth },
    { name: "playground-dark", path: compared, isDark: true, act: askBoth },
    { name: "lifecycle", path: "/lifecycle" },
    { name: "lifecycle-narrow", path: "/lifecycle", isNarrow: true },
    { name: "plan", path: "/lifecycle?view=change", act: writeChange },
    { name: "files", path: "/files" },
    { name: "keys", path: "/keys" },
    { name: "usage", path: "/usage" },
    { name: "usage-dark", path: "/usage", isDark: true },
    { name: "webhooks", path: `/webhooks?log=${webhook}` },
    { name: "settings", path: "/settings" },
    { name: "find", path: "/", act: openFind },
  ];
}

export const liveScenes = (job: string): readonly Scene[] => [
  { name: "overview", path: "/" },
  { name: "overview-narrow", path: "/", isNarrow: true },
  { name: "job-running", path: `/jobs/${job}` },
];
