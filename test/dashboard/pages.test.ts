import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { createClient } from "../../client/client.ts";
import { PLAYED_BASE, startPlayedServer } from "../support/played-server.ts";
import { trainingJsonl } from "../support/rows.ts";
import { newFolder, PROJECT_KEY, type Server } from "../support/server.ts";
import { assertAccessible, dropFile, isLoaded, lacksBrowser, openBrowser, openSignedIn } from "./browser.ts";

const TOOLS = JSON.stringify([{ type: "function", function: { name: "weather" } }]);
const CALL = {
  index: 0,
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: '{"city":"Oslo"}' },
};

describe("what the pages do by themselves", { skip: lacksBrowser }, () => {
  const folder = newFolder();
  let server: Server;
  let browser: Browser;
  before(async () => {
    [server, browser] = await Promise.all([startPlayedServer({ folder }), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the overview of a server that was not used yet shows the one next step", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    await page.getByText("Tune your first model").waitFor();
    await page.getByText("No request yet").waitFor();
    await assertAccessible(page, "Overview, nothing done yet");
    await page.locator("main").getByRole("link", { name: "New fine-tune" }).click();
    await page.getByRole("heading", { name: "New fine-tune", level: 1 }).waitFor();
  });

  test("a command on a phone is shown whole", async () => {
    await using tab = await openSignedIn(browser, server, { width: 390 });
    const { page } = tab;
    const command = page.getByText("npx perennial jobs create");
    await command.waitFor();
    const [box, card] = [await command.boundingBox(), await page.locator("main").boundingBox()];
    assert.ok(box && card && box.height > 30 && box.x + box.width < card.width, JSON.stringify(box));
  });

  test("a job that there is not has a page that says so, and a page that there is not leads back", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    await page.goto(`${server.url}/jobs/ftjob-nothing`);
    await page.getByRole("heading", { name: "ftjob-nothing", level: 1 }).waitFor();
    await page.getByText("Could not find fine tune: ftjob-nothing").waitFor();
    assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
    await page.goto(`${server.url}/nothing`);
    await page.locator("main").getByRole("link", { name: "Overview" }).click();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  });

  test("a job that failed says what it never came to, and leads to a new one with its choices", async () => {
    const client = createClient({ baseUrl: server.url, apiKey: PROJECT_KEY });
    const bytes = new Blob([trainingJsonl(3)]);
    const { id: file } = await client.files.upload({ name: "few.jsonl", bytes, purpose: "fine-tune" });
    const { id } = await client.jobs.create({ model: PLAYED_BASE, training_file: file, suffix: "few" });
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    await page.goto(`${server.url}/jobs/${id}`);
    await page.getByText("The job ended before its first step.").waitFor();
    await page.getByText("None: the job ended before its first epoch had.").waitFor();
    await page.getByRole("link", { name: "New fine-tune from its choices" }).click();
    await page.getByRole("heading", { name: "New fine-tune", level: 1 }).waitFor();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "few");
    assert.equal(await page.getByLabel("Training file").inputValue(), file);
  });

  test("a file is checked while it is sent, and what was found stays when the server refuses it", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    const { promise: mayArrive, resolve: letArrive } = Promise.withResolvers<void>();
    await page.route("**/v1/files", async (route) => {
      if (route.request().method() === "POST") await mayArrive;
      await route.continue();
    });
    await page.goto(`${server.url}/new`);
    await isLoaded(page);
    const text = `${trainingJsonl(30)}{"messages": [{"content": "Who am I?"}]}\n{cut\n`;
    await dropFile(page.getByText("Drop a file of examples here, or pick one"), { name: "a.jsonl", text });
    const problems = page.getByRole("list", { name: "Problems" });
    await problems.getByText("Line 31", { exact: true }).waitFor();
    await problems.getByText("Line 32", { exact: true }).waitFor();
    await page.getByText("in all 32 rows").waitFor();
    await page.getByText(/^Sending a.jsonl|^The server reads a.jsonl/).waitFor();
    await assertAccessible(page, "New fine-tune, a file on its way");
    letArrive();
    await page.getByText(/ was not taken$/).waitFor();
    assert.equal(await problems.getByRole("listitem").count(), 2);
    await assertAccessible(page, "New fine-tune, a file refused");
  });

  test("what a tool gave back is sent after the call, and the tools stay in the address", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    const asked: { messages: unknown[] }[] = [];
    await page.route("**/v1/chat/completions", async (route) => {
      asked.push(route.request().postDataJSON());
      const delta = asked.length === 1 ? { tool_calls: [CALL] } : { content: "It is warm." };
      const choices = [{ index: 0, delta, finish_reason: null }];
      const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: PLAYED_BASE, choices };
      const body = `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`;
      await route.fulfill({ contentType: "text/event-stream", body });
    });
    const query = new URLSearchParams({ prompt: "Is it warm in Oslo?", tools: TOOLS });
    await page.goto(`${server.url}/playground?${query}`);
    await isLoaded(page);
    const ask = page.getByRole("button", { name: "Ask", exact: true });
    await ask.click();
    await page.getByRole("list", { name: "Tool calls" }).getByText("weather").waitFor();
    await page.getByRole("button", { name: "Add the tool's result" }).click();
    await page.getByLabel("Result of weather").fill("21 degrees");
    await assertAccessible(page, "Playground, a tool was called");
    await ask.click();
    await page.getByText("It is warm.").waitFor();
    const { index: _, ...call } = CALL;
    assert.deepEqual(asked[1]?.messages.slice(1), [
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", content: "21 degrees", tool_call_id: "call_1" },
    ]);
    assert.equal(new URL(page.url()).searchParams.get("tools"), TOOLS);
    assert.deepEqual(tab.problems, []);
  });

  test("a change that is being written outlives other pages and a reload", async () => {
    await using tab = await openSignedIn(browser, server);
    const { page } = tab;
    const text = "models:\n  - id: played-base\n   reason: [\n";
    await page.goto(`${server.url}/lifecycle?view=change&write=yaml`);
    const field = page.getByLabel("The change, as YAML or JSON");
    await field.fill(text);
    await page
      .getByRole("alert")
      .getByText(/not valid YAML, line \d+, column \d+/)
      .waitFor();
    await page.waitForURL(/yaml=/);
    await page.reload();
    assert.equal(await field.inputValue(), text);
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("link", { name: "Life cycle" }).first().click();
    await page.getByRole("link", { name: "Change", exact: true }).click();
    await page.getByRole("button", { name: "As YAML" }).click();
    assert.equal(await field.inputValue(), text);
  });

  test("signing out everywhere ends the session of another browser too", async () => {
    await using here = await openSignedIn(browser, server);
    await using there = await openSignedIn(browser, server);
    await here.page.goto(`${server.url}/settings`);
    await here.page.getByRole("button", { name: "Sign out everywhere" }).click();
    const dialog = here.page.getByRole("dialog");
    await assertAccessible(here.page, "Sign out everywhere");
    await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
    await here.page.getByRole("heading", { name: "Sign in to Perennial" }).waitFor();
    await there.page.reload();
    await there.page.getByRole("heading", { name: "Sign in to Perennial" }).waitFor();
  });
});
