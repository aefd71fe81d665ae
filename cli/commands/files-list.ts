import { take } from "../../client/pages.ts";
import { type FileObject, FilePurpose } from "../../contract/files.ts";
import { CliError } from "../cli-error.ts";
import type { Column } from "../output/table.ts";
import { ago, byteSize } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

const columns = (now: number): Column<FileObject>[] => [
  { title: "FILE", of: ({ id }) => id },
  { title: "NAME", of: ({ filename }) => filename, shrinks: true },
  { title: "PURPOSE", of: ({ purpose }) => purpose },
  { title: "SIZE", of: ({ bytes }) => byteSize(bytes) },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
];

function purposeOf(text: string): FilePurpose {
  const parsed = FilePurpose.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliError(`No purpose '${text}': use one of ${FilePurpose.options.join(", ")}.`);
}

export const filesList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .option("--purpose <purpose>", "only files for this", purposeOf)
    .option("--limit <count>", "at most so many", count, 100)
    .description("List files, newest first.")
    .addHelpText("after", example("perennial files list --purpose fine-tune"))
    .action(async ({ purpose, limit }: { purpose?: string; limit: number }) => {
      const files = await take(cli.project().files.list({ purpose }), limit);
      cli.show.list(files, columns(cli.now()), "No files. Upload one with `perennial files upload PATH`.");
    });
};
