import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { Client } from "../../client/client.ts";
import type { FileObject } from "../../contract/files.ts";
import { UploadPurpose } from "../../contract/files.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { interruptible } from "../interruptible.ts";
import { sizeOf } from "../local-file.ts";
import { byteSize } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";
import { fileFacts } from "./files-get.ts";

async function openFile(path: string): Promise<Blob> {
  sizeOf(path);
  try {
    return await openAsBlob(path);
  } catch (cause) {
    throw new CliError(`${path} cannot be read.`, 1, { cause });
  }
}

export async function uploadFile(
  cli: Cli,
  client: Client,
  path: string,
  purpose: UploadPurpose,
): Promise<FileObject> {
  const bytes = await openFile(path);
  const name = basename(path);
  using meter = cli.show.meter();
  const onProgress = (sent: number) => {
    const doing = sent < bytes.size ? "uploading" : "the server checks";
    meter.update(Math.min(sent, bytes.size), bytes.size, `${doing} ${name} (${byteSize(bytes.size)})`);
  };
  return await interruptible(cli, (signal) =>
    client.files.upload({ name, bytes, purpose, onProgress, signal }),
  );
}

function parsePurpose(text: string): UploadPurpose {
  const parsed = UploadPurpose.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliError(`No purpose '${text}': use one of ${UploadPurpose.options.join(", ")}.`);
}

export const filesUpload: AddCommand = (parent, cli) => {
  parent
    .command("upload")
    .argument("<path>", "the file, for fine-tuning a .jsonl")
    .option("--purpose <purpose>", UploadPurpose.options.join(", "), "fine-tune")
    .description("Upload a file of up to 8 GB; a large one goes in parts.")
    .addHelpText("after", example("perennial files upload train.jsonl"))
    .action(async (path: string, { purpose }: { purpose: string }) => {
      const file = await uploadFile(cli, cli.project(), path, parsePurpose(purpose));
      cli.show.one(file, fileFacts(file, cli.now()));
    });
};
