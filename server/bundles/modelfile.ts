import { GGUF_ADAPTER, MERGED_GGUF } from "../../bundle/names.ts";
import type { BundleFacts } from "../../contract/bundles.ts";

/** Ollama has templates of its own kind; these are of the two families that most models belong to. */
const families = [
  {
    mark: "<|im_start|>",
    template:
      "{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n",
    stops: ["<|im_end|>"],
  },
  {
    mark: "<|start_header_id|>",
    template:
      "{{ range .Messages }}<|start_header_id|>{{ .Role }}<|end_header_id|>\n\n{{ .Content }}<|eot_id|>{{ end }}<|start_header_id|>assistant<|end_header_id|>\n\n",
    stops: ["<|eot_id|>", "<|end_of_text|>"],
  },
] as const;

const openings = [
  // Written out in the text of the first turn, as ChatML templates do; or named, as ours does.
  /<\|im_start\|>system\\n([^'"<>{}]+)<\|im_end\|>/,
  /set opening = '([^'\\]+)'/,
];

/** What the template says to the model where a chat has no system message. */
export function standardSystem(template: string): string | null {
  for (const opening of openings) {
    const found = opening.exec(template)?.[1];
    if (found && !found.includes('"""')) return found;
  }
  return null;
}

/** Whether a template asks for a thought before the answer, unless it is told not to. */
export const canThink = (template: string): boolean => template.includes("enable_thinking");

/** What opens an answer where none is thought of before; "" for templates that have no such thing. */
export function emptyThought(template: string): string {
  const found = canThink(template) ? /'(<think>(?:\\n)*<\/think>(?:\\n)*)'/.exec(template)?.[1] : null;
  return found?.replaceAll("\\n", "\n") ?? "";
}

const quoted = (text: string) => `"""${text}"""`;

function chatLines(template: string | null): string[] {
  const family = families.find(({ mark }) => template?.includes(mark));
  if (!template || !family)
    return ["# Ollama takes the chat template from the model file, where it knows it."];
  const system = standardSystem(template);
  return [
    "# Plain chats, without tools.",
    `TEMPLATE ${quoted(family.template + emptyThought(template))}`,
    ...(system === null ? [] : [`SYSTEM ${quoted(system)}`]),
    ...family.stops.map((stop) => `PARAMETER stop ${JSON.stringify(stop)}`),
  ];
}

/** The API's own defaults; Ollama's would answer otherwise. */
const SAMPLING = ["PARAMETER temperature 1", "PARAMETER top_p 1", "PARAMETER repeat_penalty 1"];

export const BASE_GGUF = "base.gguf";

export function modelfile(facts: BundleFacts, template: string | null, hasMergedGguf: boolean): string {
  const from = hasMergedGguf
    ? [`FROM ./${MERGED_GGUF}`]
    : [
        `# Put the GGUF file of ${facts.base.id} beside this file as ${BASE_GGUF}; README.md says which one it is.`,
        `FROM ./${BASE_GGUF}`,
        `ADAPTER ./${GGUF_ADAPTER}`,
      ];
  const context = facts.base.context_length;
  const window = context === null ? [] : [`PARAMETER num_ctx ${context}`];
  return `${[`# ${facts.model}`, ...from, ...chatLines(template), ...SAMPLING, ...window].join("\n")}\n`;
}
