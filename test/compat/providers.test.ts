import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createOpenAI } from "@ai-sdk/openai";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import * as ai from "ai";
import { z } from "zod";
import { BASE, lacksModel, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

const City = z.object({ city: z.enum(["Rome", "Oslo"]) });

/** The OpenAI providers of two frameworks, with only the address, the key and the model changed. */
describe("the OpenAI providers of other frameworks", { skip: lacksModel }, () => {
  let server: Server;
  before(async () => {
    server = await startServer({ env: { PERENNIAL_ENGINE_THREADS: "1" } });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  test("LangChain answers, streams, calls tools and gives structured output", async () => {
    const model = new ChatOpenAI({
      model: BASE,
      temperature: 0,
      maxTokens: 60,
      apiKey: PROJECT_KEY,
      configuration: { baseURL: `${server.url}/v1` },
      useResponsesApi: false,
    });
    const answer = await model.invoke("Say hello.");
    assert.ok(answer.text.length > 0);
    assert.ok((answer.usage_metadata?.total_tokens ?? 0) > 0);
    let streamed = "";
    for await (const piece of await model.stream("Say hello.")) streamed += piece.text;
    assert.equal(streamed, answer.text);
    const weather = tool(async ({ city }) => `sunny in ${city}`, {
      name: "weather",
      description: "Weather",
      schema: City,
    });
    const called = await model.bindTools([weather], { tool_choice: "weather" }).invoke("Weather in Oslo?");
    assert.equal(called.tool_calls?.[0]?.name, "weather");
    City.parse(called.tool_calls?.[0]?.args);
    City.parse(await model.withStructuredOutput(City, { method: "jsonSchema" }).invoke("Name a city."));
  });

  test("Vercel's AI SDK answers, streams, calls tools and gives objects", async () => {
    const provider = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY });
    const model = provider.chat(BASE);
    const ask = { model, temperature: 0, maxOutputTokens: 60 };
    const { text, usage } = await ai.generateText({ ...ask, prompt: "Say hello." });
    assert.ok(text.length > 0 && (usage.totalTokens ?? 0) > 0);
    let streamed = "";
    for await (const piece of ai.streamText({ ...ask, prompt: "Say hello." }).textStream) streamed += piece;
    assert.equal(streamed, text);
    const { toolCalls, toolResults } = await ai.generateText({
      ...ask,
      prompt: "Weather in Oslo?",
      tools: { weather: ai.tool({ inputSchema: City, execute: async ({ city }) => `sunny in ${city}` }) },
      toolChoice: "required",
      providerOptions: { openai: { parallelToolCalls: false } },
    });
    City.parse(toolCalls[0]?.input);
    assert.match(String(toolResults[0]?.output), /^sunny in (Rome|Oslo)$/);
    const { output } = await ai.generateText({
      ...ask,
      prompt: "Name a city.",
      output: ai.Output.object({ schema: City }),
    });
    City.parse(output);
  });
});
