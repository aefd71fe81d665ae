import { z } from "zod";
import { TEMPLATE_SETTINGS } from "../engine.ts";
import { type Connection, exchange } from "../engine-http.ts";
import { onceAsked } from "../once-asked.ts";
import { findToolFormat, type ToolFormat } from "../tool-calls/tool-format.ts";

const Tokens = z.object({ tokens: z.array(z.int()) });
const Text = z.object({ prompt: z.string() });

/** The tokens that the template makes of a chat's messages and tools. */
export async function renderChat(
  connection: Connection,
  chat: object,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const body = { ...chat, chat_template_kwargs: TEMPLATE_SETTINGS };
  return Tokens.parse(await exchange(connection, "/tokenize", body, signal)).tokens;
}

export async function tokensOf(connection: Connection, prompt: string, signal: AbortSignal) {
  return Tokens.parse(await exchange(connection, "/tokenize", { prompt }, signal)).tokens;
}

export async function textOf(connection: Connection, tokens: readonly number[], signal: AbortSignal) {
  return Text.parse(await exchange(connection, "/detokenize", { tokens }, signal)).prompt;
}

/** How the model's template writes calls. */
export const rememberedFormat = (connection: Connection): (() => Promise<ToolFormat | null>) =>
  onceAsked((signal) =>
    findToolFormat(
      async (messages, tools) =>
        textOf(connection, await renderChat(connection, { messages, tools }, signal), signal),
      signal,
    ),
  );
