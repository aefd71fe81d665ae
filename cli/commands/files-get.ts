import type { FileObject } from "../../contract/files.ts";
import type { Fact } from "../output/table.ts";
import { ago, byteSize, dateOf } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";

export const fileFacts = (file: FileObject, now: number): Fact[] => [
  ["file", file.id],
  ["name", file.filename],
  ["purpose", file.purpose],
  ["size", byteSize(file.bytes)],
  ["created", ago(file.created_at, now)],
  ...(file.expires_at === undefined ? [] : [["expires", dateOf(file.expires_at)] as const]),
];

export const filesGet: AddCommand = (parent, cli) => {
  parent
    .command("get")
    .argument("<file>", "the file's id")
    .description("Show what is known of a file.")
    .addHelpText("after", example("perennial files get file-abc123"))
    .action(async (id: string) => {
      const file = await cli.project().files.get(id);
      cli.show.one(file, fileFacts(file, cli.now()));
    });
};
