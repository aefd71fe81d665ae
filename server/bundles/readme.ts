import {
  CHAT_TEMPLATE,
  EVENTS,
  folderOf,
  GGUF_ADAPTER,
  MANIFEST,
  MERGED_GGUF,
  METRICS,
  MODELFILE,
  PEFT_CONFIG,
  PEFT_WEIGHTS,
  PROBE,
  RECIPE,
  SUMS,
  TRAINING_DATA,
  VALIDATION_DATA,
} from "../../bundle/names.ts";
import type { BundleFacts, MergedForm } from "../../contract/bundles.ts";
import { TEMPLATE_SETTINGS } from "../serving/engine.ts";
import { BASE_GGUF } from "./modelfile.ts";

export type Shown = {
  readonly facts: BundleFacts;
  readonly merged: MergedForm | null;
  /** Of the files that the bundle holds. */
  readonly names: readonly string[];
  /** Of the adapter. */
  readonly rank: number;
  /** Its template asks for a thought before the answer, unless it is told not to, as the trainer told it. */
  readonly canThink: boolean;
};

const explanations: Readonly<Record<string, string>> = {
  [MANIFEST]: "what this is: model, base, recipe, and the sum of every file",
  [PEFT_CONFIG]: "the adapter's shape, for PEFT",
  [PEFT_WEIGHTS]: "the adapter's weights, for PEFT",
  [GGUF_ADAPTER]: "the same adapter for llama.cpp and Ollama",
  [CHAT_TEMPLATE]: "how chats were written for the model",
  [MODELFILE]: "for Ollama",
  [RECIPE]: "how to train it again: method, hyperparameters, seed, versions",
  [METRICS]: "loss and accuracy of each step",
  [EVENTS]: "what the job told",
  [TRAINING_DATA]: "what it was trained on",
  [VALIDATION_DATA]: "what it was validated on",
  [PROBE]: "the trainer's own answers to a few rows, to hold an engine against",
  [SUMS]: "for `sha256sum -c`",
};

const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
const bash = (...lines: readonly string[]) => ["```bash", ...lines, "```", ""];

function opening({ facts }: Shown): string[] {
  const { base, recipe, job } = facts;
  const license = base.license === null ? "an unknown license" : `the license ${base.license}`;
  return [
    `# ${facts.model}`,
    "",
    `A LoRA adapter on the base model \`${base.id}\`, trained on ${day(facts.created_at)} by the job \`${job.id}\` (${recipe.method}).`,
    `The base model is under ${license}, which also holds for what is made from it.`,
    "",
    "Everything here works without Perennial.",
    "",
  ];
}

function contents({ names }: Shown): string[] {
  const rows = names.map((name) => `| \`${name}\` | ${explanations[name] ?? "the merged model"} |`);
  return ["| File | What it is |", "|---|---|", ...rows, "", `Check it: \`sha256sum -c ${SUMS}\`.`, ""];
}

function aboutBase({ facts: { base } }: Shown): string[] {
  const same = base.gguf
    ? ` It has ${base.gguf.bytes} bytes and the SHA-256 sum \`${base.gguf.sha256}\`.`
    : "";
  const source = base.source_sha256 ? ` It was made from a file with the sum \`${base.source_sha256}\`.` : "";
  return [
    "## The base model",
    "",
    `The adapter needs \`${base.id}\`. In a Perennial data folder it is \`bases/${base.id}/model.gguf\`, and \`bases/${base.id}/hf\` for`,
    `Transformers and vLLM; from here on \`${BASE_GGUF}\` and \`base/\`.${same}${source}`,
    "Other files of the same model work too; where they are quantised otherwise, answers differ a little.",
    "",
  ];
}

const template = ({ names }: Shown) =>
  names.includes(CHAT_TEMPLATE) ? ` --jinja --chat-template-file ${CHAT_TEMPLATE}` : "";

const unthinking = ({ canThink }: Shown, flag: string) =>
  canThink ? ` ${flag} '${JSON.stringify(TEMPLATE_SETTINGS)}'` : "";

function llamaCpp(shown: Shown): string[] {
  const told = unthinking(shown, "--chat-template-kwargs");
  const merged =
    shown.merged === "gguf" ? [`llama-server -m ${MERGED_GGUF}${told && " --jinja"}${told}`] : [];
  return [
    "## llama.cpp",
    "",
    ...bash(...merged, `llama-server -m ${BASE_GGUF} --lora ${GGUF_ADAPTER}${template(shown)}${told}`),
  ];
}

function ollama({ facts, merged }: Shown): string[] {
  const name = folderOf(facts.model).toLowerCase();
  const first = merged === "gguf" ? [] : [`cp /path/to/${facts.base.id}.gguf ${BASE_GGUF}`];
  return [
    "## Ollama",
    "",
    ...bash(...first, `ollama create ${name} -f ${MODELFILE}`, `ollama run ${name} "Hello"`),
  ];
}

function transformers({ merged, canThink }: Shown): string[] {
  const open =
    merged === "safetensors"
      ? [
          'model = AutoModelForCausalLM.from_pretrained("merged")',
          'tokenizer = AutoTokenizer.from_pretrained("merged")',
        ]
      : [
          'model = AutoModelForCausalLM.from_pretrained("base")',
          'model = PeftModel.from_pretrained(model, "adapter")',
          'tokenizer = AutoTokenizer.from_pretrained("base")',
        ];
  const imports = merged === "safetensors" ? [] : ["from peft import PeftModel"];
  return [
    "## Transformers and PEFT",
    "",
    "```python",
    ...imports,
    "from transformers import AutoModelForCausalLM, AutoTokenizer",
    "",
    ...open,
    'messages = [{"role": "user", "content": "Hello"}]',
    `prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True${canThink ? ", enable_thinking=False" : ""}, return_tensors="pt", return_dict=True)`,
    "answer = model.generate(**prompt, max_new_tokens=100)",
    'print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True))',
    "```",
    "",
  ];
}

/** What vLLM takes. */
const VLLM_RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

function vllm(shown: Shown): string[] {
  const { facts, merged, rank } = shown;
  const command =
    merged === "safetensors"
      ? `vllm serve merged --served-model-name "${facts.model}"`
      : `vllm serve base --enable-lora --max-lora-rank ${VLLM_RANKS.find((one) => one >= rank) ?? rank} --lora-modules "${facts.model}=./adapter"`;
  return ["## vLLM", "", ...bash(command + unthinking(shown, "--default-chat-template-kwargs"))];
}

const perennial = ({ facts }: Shown) => [
  "## Perennial",
  "",
  `On any installation that has the base \`${facts.base.id}\`, the model comes back under the same name:`,
  "",
  ...bash(
    `perennial models verify ${folderOf(facts.model)}`,
    `perennial models import ${folderOf(facts.model)}`,
  ),
];

const sections = [opening, contents, aboutBase, llamaCpp, ollama, transformers, vllm, perennial];

/** How to use the model elsewhere, with its own names in every command. */
export const readme = (shown: Shown): string =>
  `${sections
    .flatMap((section) => section(shown))
    .join("\n")
    .trimEnd()}\n`;
