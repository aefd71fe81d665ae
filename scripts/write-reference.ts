import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { BundleManifest, MergeAnswer } from "../contract/bundles.ts";
import { refusals } from "../contract/errors.ts";
import { TrainerAnswer } from "../contract/estimates.ts";
import { FidelityProbe, JournalEvent, TrainingSpec } from "../contract/training.ts";

const folder = join(import.meta.dirname, "../docs/reference");

function errorsPage(): string {
  const rows = Object.entries(refusals).map(([kind, { status, type, code }]) => {
    return `| ${status} | ${code === null ? "null" : `\`${code}\``} | \`${type}\` | ${kind.replaceAll("_", " ")} |`;
  });
  return [
    "# Every way this API says no",
    "",
    'The body is OpenAI\'s: `{"error": {"message", "type", "param", "code"}}`. `message` says what to do, `param` names the',
    "parameter at fault, `x-should-retry` tells the SDKs whether trying again is worth it.",
    "",
    "| Status | `code` | `type` | Meaning |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

const schemaOf = (title: string, schema: z.ZodType) => [
  `## ${title}`,
  "",
  "```json",
  JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2),
  "```",
  "",
];

function trainerPage(): string {
  return [
    "# The contract between the control plane and the trainer",
    "",
    "A job is a folder. The control plane writes `spec.json` once and starts `python -m trainer FOLDER`; the trainer appends to",
    "`journal.jsonl`, one event a line, holds an exclusive lock on `lock` while it lives, and stops when it gets SIGTERM or finds a",
    "file `stop`. A file `pause` ends it after the step that it is at, from where the next start goes on; whoever starts it anew",
    "removes that file first. Checkpoints (`checkpoints/step-N/`) and the result (`adapter/`) are complete or absent; what else",
    "lies in `checkpoints/` is for resumed runs.",
    "Readers skip lines that are no events and fields that they do not know.",
    "An event, if only a heartbeat, comes every few seconds: a trainer that tells nothing for a minute hangs, and is killed.",
    "",
    ...schemaOf("spec.json", TrainingSpec),
    ...schemaOf("A line of journal.jsonl", JournalEvent),
    ...schemaOf("fidelity.json", FidelityProbe),
    "`python -m trainer.estimate FOLDER` trains nothing: of a folder with a `spec.json` it prints one line, what the job will take or",
    "the error that it would end with.",
    "",
    ...schemaOf("An estimate", TrainerAnswer),
    "`python -m trainer.merge gguf|safetensors --base … --adapter … --out …` writes a model without its adapter and prints one line.",
    "",
    ...schemaOf("A merge", MergeAnswer),
  ].join("\n");
}

function bundlePage(): string {
  return [
    "# An exported model",
    "",
    "What `perennial models export` writes is one folder, or one tar archive with one folder. Its first file is `perennial.json`, which",
    "names every other file but `SHA256SUMS` with its size and sum. A reader refuses names that it does not know, links, and a newer `version`.",
    "",
    ...schemaOf("perennial.json", BundleManifest),
  ].join("\n");
}

/** The pages of docs/reference that follow from contract/, by file name. */
export const referencePages = () => ({
  "errors.md": errorsPage(),
  "trainer-contract.md": trainerPage(),
  "model-bundle.md": bundlePage(),
});

if (import.meta.main) {
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(folder, name), text);
}
