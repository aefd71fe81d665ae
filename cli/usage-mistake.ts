import type { Command, CommanderError } from "commander";

/** `error: unknown command 'job'\n(Did you mean jobs?)` as a sentence or two. */
function sentenceOf(text: string): string {
  const [, first = "", rest = ""] = /^error: ([^\n]*?)\.?\s*(?:\n\(?([^\n]*?)\)?\s*)?$/.exec(text) ?? [];
  if (first === "") return text;
  return `${first.charAt(0).toUpperCase()}${first.slice(1)}.${rest === "" ? "" : ` ${rest}`}`;
}

/** `perennial jobs create`, as far as the words name commands. */
function commandIn(program: Command, args: readonly string[]): string {
  let command = program;
  const names = [program.name()];
  for (const word of args.filter((arg) => !arg.startsWith("-"))) {
    const next = command.commands.find((one) => one.name() === word);
    if (!next) break;
    command = next;
    names.push(word);
  }
  return names.join(" ");
}

/** What is wrong with how a command was written, and where its help is; nothing where help was asked for. */
export function explainUsage(error: CommanderError, program: Command, args: readonly string[]): string {
  if (!error.message.startsWith("error: ")) return "";
  const sentence = sentenceOf(error.message);
  if (sentence.endsWith("?")) return `${sentence}\n`;
  return `${sentence} \`${commandIn(program, args)} --help\` shows how it is used.\n`;
}
