import { text as readAll } from "node:stream/consumers";
import type { Client } from "../../client/client.ts";
import type { ChatMessage } from "../../contract/chat.ts";
import { type Ask, converse } from "../chat/converse.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { printable } from "../output/words.ts";
import { type AddCommand, decimalNumber, example, wholeNumber } from "./command.ts";

type Options = { system?: string; temperature?: number; maxTokens?: number };

const settingsOf = (model: string, { temperature, maxTokens }: Options) => ({
  model,
  ...(temperature === undefined ? {} : { temperature }),
  ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
});

const createAsk =
  (cli: Cli, { chat }: Client, settings: ReturnType<typeof settingsOf>): Ask =>
  async (messages, signal) => {
    let answer = "";
    for await (const piece of chat.stream({ ...settings, messages: [...messages] }, signal)) {
      answer += piece;
      cli.show.text(cli.out.isTTY ? printable(piece) : piece);
    }
    cli.show.text("\n");
    return answer;
  };

async function askOnce(
  cli: Cli,
  client: Client,
  model: string,
  question: string,
  options: Options,
): Promise<void> {
  using interrupt = cli.onInterrupt();
  const settings = settingsOf(model, options);
  const messages: ChatMessage[] = [...startOf(options), { role: "user", content: question }];
  try {
    if (cli.show.isJson())
      cli.show.json(await client.chat.complete({ ...settings, messages }, interrupt.signal));
    else await createAsk(cli, client, settings)(messages, interrupt.signal);
  } catch (error) {
    throw interrupt.signal.aborted ? new CliError("Interrupted.", 130, { cause: error }) : error;
  }
}

const startOf = ({ system }: Options): ChatMessage[] =>
  system === undefined ? [] : [{ role: "system", content: system }];

async function questionOf(cli: Cli, words: readonly string[]): Promise<string | null> {
  if (words.length > 0) return words.join(" ");
  if (cli.input.isTTY) return null;
  const piped = (await readAll(cli.input)).trim();
  if (piped === "")
    throw new CliError("There is no message: give one as an argument or on the standard input.");
  return piped;
}

async function chat(cli: Cli, model: string, words: readonly string[], options: Options): Promise<void> {
  const client = cli.project();
  const question = await questionOf(cli, words);
  if (question !== null) return askOnce(cli, client, model, question, options);
  if (cli.show.isJson()) throw new CliError("--json needs a message: a conversation is for people.");
  await client.models.get(model);
  await converse(cli, createAsk(cli, client, settingsOf(model, options)), startOf(options));
}

export const chatCommand: AddCommand = (parent, cli) => {
  parent
    .command("chat")
    .argument("<model>", "a base model or a tuned one")
    .argument("[message...]", "without one: the standard input; on a terminal, a conversation")
    .option("--system <text>", "the system message")
    .option("--temperature <number>", "0 is always the likeliest answer", decimalNumber)
    .option("--max-tokens <count>", "longest answer", wholeNumber)
    .description("Chat with a model.")
    .addHelpText(
      "after",
      example(
        'perennial chat smollm2-135m-instruct "What is a balance transfer?"',
        "perennial chat ft:smollm2-135m-instruct:personal:support:Ab12Cd34 < question.txt",
      ),
    )
    .action((model: string, words: string[], options: Options) => chat(cli, model, words, options));
};
