import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CliError } from "../cli-error.ts";
import { type AddCommand, example } from "./command.ts";

async function save(content: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  try {
    await pipeline(Readable.from(content), createWriteStream(path));
  } catch (cause) {
    throw new CliError(`${path} could not be written: ${cause instanceof Error ? cause.message : cause}`, 1, {
      cause,
    });
  }
}

export const filesContent: AddCommand = (parent, cli) => {
  parent
    .command("content")
    .argument("<file>", "the file's id")
    .option("-o, --output <path>", "write to this file instead of the standard output")
    .description("Print a file's content; with --json as one JSON string.")
    .addHelpText("after", example("perennial files content file-abc123 -o train.jsonl"))
    .action(async (id: string, { output }: { output?: string }) => {
      const content = await cli.project().files.content(id);
      if (output !== undefined) {
        await save(content, output);
        cli.show.remark(`Written to ${output}.`);
      } else if (cli.show.isJson()) cli.show.json(await new Response(content).text());
      else await pipeline(Readable.from(content), cli.out, { end: false });
    });
};
