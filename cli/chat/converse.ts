import { createInterface } from "node:readline";
import type { ChatMessage } from "../../contract/chat.ts";
import type { Cli } from "../cli.ts";

/** Sends the whole conversation; writes the answer as it comes and returns it. */
export type Ask = (messages: readonly ChatMessage[], signal: AbortSignal) => Promise<string>;

/**
 * Turn after turn until the input ends (Ctrl-D). Ctrl-C breaks an answer off; with none under way it ends the
 * conversation. A turn that failed is forgotten, so the next one can be asked.
 */
export async function converse(cli: Cli, ask: Ask, start: readonly ChatMessage[]): Promise<void> {
  const lines = createInterface({ input: cli.input, output: cli.err, prompt: "> " });
  let answering: AbortController | null = null;
  lines.on("SIGINT", () => (answering ? answering.abort() : lines.close()));
  const messages = [...start];

  async function turn(question: string): Promise<void> {
    answering = new AbortController();
    messages.push({ role: "user", content: question });
    try {
      messages.push({ role: "assistant", content: await ask(messages, answering.signal) });
    } catch (error) {
      messages.pop();
      const reason = answering.signal.aborted
        ? "Broken off."
        : error instanceof Error
          ? error.message
          : error;
      cli.err.write(`\n${reason}\n`);
    } finally {
      answering = null;
    }
  }

  cli.err.write("Ctrl-C breaks an answer off, Ctrl-D ends the conversation.\n");
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== "") await turn(line);
    lines.prompt();
  }
  cli.err.write("\n");
}
