import type { Inspection } from "../../bundle/inspect.ts";
import { folderOf, isMerged } from "../../bundle/names.ts";
import { openBundle } from "../../bundle/read-bundle.ts";
import { type Entry, packTar, type TarFile, tarBytes } from "../../bundle/tar.ts";
import type { BundleManifest } from "../../contract/bundles.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { inspectLocal } from "../inspect-local.ts";
import { interruptible } from "../interruptible.ts";
import { bundleFacts } from "../output/bundle-page.ts";
import { byteSize } from "../output/words.ts";
import { type AddCommand, example } from "./command.ts";
import { assertWhole } from "./models-verify.ts";

/** A merged model can be made again from the rest; the server would not keep it. */
async function* withoutMerged(entries: AsyncIterable<Entry>): AsyncGenerator<TarFile> {
  for await (const { name, bytes, content } of entries)
    if (!isMerged(name)) yield { name, bytes, open: () => content };
}

function bodyOf(
  chunks: AsyncGenerator<Uint8Array>,
  onSent: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) return controller.close();
      sent += value.byteLength;
      onSent(sent);
      controller.enqueue(value);
    },
    cancel: async () => void (await chunks.return(undefined)),
  });
}

type Whole = Pick<Inspection, "files"> & { readonly path: string; readonly manifest: BundleManifest };

async function send(cli: Cli, { path, manifest, files }: Whole, signal: AbortSignal) {
  const total = tarBytes(files.filter(({ name }) => !isMerged(name)).map(({ bytes }) => bytes));
  const { entries } = await openBundle(path, signal);
  const archive = packTar(folderOf(manifest.model), withoutMerged(entries), manifest.created_at);
  using meter = cli.show.meter();
  const onSent = (sent: number) => {
    const doing = sent < total ? "sending" : "the server checks";
    meter.update(Math.min(sent, total), total, `${doing} ${manifest.model} (${byteSize(total)})`);
  };
  return await cli.project().models.import(bodyOf(archive, onSent), signal);
}

export const modelsImport: AddCommand = (parent, cli) => {
  parent
    .command("import")
    .argument("<path>", "the folder or .tar that `perennial models export` wrote")
    .description("Take an exported model back, under its name; the server needs the same base model.")
    .addHelpText(
      "after",
      example("perennial models import ft_smollm2-135m-instruct_personal_support_Ab12Cd34"),
    )
    .action(async (path: string) => {
      const imported = await interruptible(cli, async (signal) => {
        const inspection = await inspectLocal(cli, path, signal);
        assertWhole(path, inspection.problems);
        const { manifest } = inspection;
        if (!manifest) throw new CliError(`${path} has no manifest.`);
        return { manifest, answer: await send(cli, { path, manifest, files: inspection.files }, signal) };
      });
      const { manifest, answer } = imported;
      cli.show.one(answer, [
        ...bundleFacts(manifest),
        ["imported", answer.was_there ? "it was there already" : "yes"],
      ]);
      cli.show.remark(`\nIt answers under its name:\n  perennial chat ${answer.id} "Hello"`);
    });
};
