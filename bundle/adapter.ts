import { z } from "zod";
import type { GgufHeader, GgufTensor } from "./gguf.ts";
import { GGUF_ADAPTER, PEFT_CONFIG, PEFT_WEIGHTS } from "./names.ts";
import { BundleProblem } from "./problem.ts";
import type { SafeTensor } from "./safetensors.ts";

/** Whatever would make PEFT do more than plain LoRA, which is all that a server's engines and trainers know. */
const none = z.union([z.null(), z.literal(false), z.strictObject({}), z.tuple([])]).optional();

const MOST_RANK = 4096;

const PlainLora = z.looseObject({
  peft_type: z.literal("LORA"),
  task_type: z.literal("CAUSAL_LM"),
  r: z.int().min(1).max(MOST_RANK),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).max(1).optional(),
  bias: z.literal("none"),
  target_modules: z.union([z.literal("all-linear"), z.array(z.string().regex(/^[\w.]{1,200}$/)).min(1)]),
  ...{ alpha_pattern: none, rank_pattern: none, modules_to_save: none, layers_to_transform: none },
  ...{ fan_in_fan_out: none, use_dora: none, use_rslora: none, lora_bias: none, auto_mapping: none },
  ...{
    layer_replication: none,
    trainable_token_indices: none,
    target_parameters: none,
    megatron_config: none,
  },
  ...{ use_qalora: none, use_bdlora: none, alora_invocation_tokens: none, exclude_modules: none },
});
export type LoraConfig = Pick<z.output<typeof PlainLora>, "r" | "lora_alpha" | "target_modules">;

export function parseLoraConfig(text: string): LoraConfig {
  const parsed = PlainLora.safeParse(parsedJson(text));
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join(".") || "its content";
  throw new BundleProblem(`${PEFT_CONFIG} does not describe a plain LoRA adapter: see ${at}.`);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The layers that PEFT names on the left, as llama.cpp names them. */
const PARTS: Readonly<Record<string, string>> = {
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** By the name of the base's tensor that it changes: input, output and rank. */
type Shape = { a?: readonly [rank: number, input: number]; b?: readonly [output: number, rank: number] };
type Shapes = Map<string, Shape>;

const PEFT_NAME = /^base_model\.model\.model\.layers\.(\d{1,5})\.([\w.]+)\.lora_([AB])\.weight$/;
const GGUF_NAME = /^(.+)\.lora_([ab])$/;
const FLOATS: readonly number[] = [0, 1, 30];
const FLOAT_BYTES: Readonly<Record<number, number>> = { 0: 4, 1: 2, 30: 2 };

function note(shapes: Shapes, target: string, side: string, shape: readonly number[]): boolean {
  const [first, second, ...more] = shape;
  if (first === undefined || second === undefined || more.length > 0) return false;
  const found = shapes.get(target) ?? {};
  if (side === "a") found.a = [first, second];
  else found.b = [first, second];
  shapes.set(target, found);
  return true;
}

function peftShapes(tensors: readonly SafeTensor[]): Shapes {
  const shapes: Shapes = new Map();
  for (const { name, shape } of tensors) {
    const [, layer, module = "", side = ""] = PEFT_NAME.exec(name) ?? [];
    const part = PARTS[module];
    if (part === undefined || !note(shapes, `blk.${layer}.${part}.weight`, side.toLowerCase(), shape))
      throw new BundleProblem(
        `${PEFT_WEIGHTS} holds ${JSON.stringify(name.slice(0, 200))}, which is no LoRA weight.`,
      );
  }
  return shapes;
}

const product = (shape: readonly number[]) => shape.reduce((all, one) => all * one, 1);

const isInside = ({ shape, type, offset }: GgufTensor, dataBytes: number) =>
  offset + product(shape) * (FLOAT_BYTES[type] ?? 0) <= dataBytes;

function ggufShapes({ tensors, dataStart }: GgufHeader, bytes: number): Shapes {
  const shapes: Shapes = new Map();
  for (const tensor of tensors) {
    const [, target = "", side = ""] = GGUF_NAME.exec(tensor.name) ?? [];
    const isFine = FLOATS.includes(tensor.type) && isInside(tensor, bytes - dataStart);
    if (!isFine || !note(shapes, target, side, tensor.shape.toReversed()))
      throw new BundleProblem(
        `${GGUF_ADAPTER} holds ${JSON.stringify(tensor.name.slice(0, 200))}, which is no LoRA weight or is cut short.`,
      );
  }
  return shapes;
}

/** Both halves of every layer are there and meet in the rank. */
function assertPairs(shapes: Shapes, r: number, file: string): void {
  if (shapes.size === 0) throw new BundleProblem(`${file} holds no weights.`);
  for (const [target, { a, b }] of shapes) {
    if (!a || !b) throw new BundleProblem(`${file} lacks one half of its change to ${target}.`);
    if (a[0] !== r || b[1] !== r)
      throw new BundleProblem(`${file} is not of rank ${r} at ${target}, as ${PEFT_CONFIG} says.`);
  }
}

function assertSame(peft: Shapes, gguf: Shapes): void {
  for (const target of new Set([...peft.keys(), ...gguf.keys()])) {
    const [one, other] = [peft.get(target), gguf.get(target)];
    if (one?.a?.[1] !== other?.a?.[1] || one?.b?.[0] !== other?.b?.[0])
      throw new BundleProblem(
        `${PEFT_WEIGHTS} and ${GGUF_ADAPTER} do not hold the same layers: see ${target}.`,
      );
  }
}

function assertKind({ values }: GgufHeader, { lora_alpha }: LoraConfig): void {
  const alpha = values.get("adapter.lora.alpha");
  if (values.get("general.type") !== "adapter" || values.get("adapter.type") !== "lora")
    throw new BundleProblem(`${GGUF_ADAPTER} is no LoRA adapter.`);
  if (alpha !== Math.fround(lora_alpha))
    throw new BundleProblem(`${GGUF_ADAPTER} has alpha ${alpha}, and ${PEFT_CONFIG} ${lora_alpha}.`);
}

export type AdapterParts = {
  readonly config: LoraConfig;
  readonly weights: readonly SafeTensor[];
  readonly gguf: GgufHeader;
  readonly ggufBytes: number;
};

/** Whether the three files are one adapter, as far as that shows without computing with it. */
export function assertAdapter({ config, weights, gguf, ggufBytes }: AdapterParts): void {
  assertKind(gguf, config);
  const [peft, served] = [peftShapes(weights), ggufShapes(gguf, ggufBytes)];
  assertPairs(peft, config.r, PEFT_WEIGHTS);
  assertPairs(served, config.r, GGUF_ADAPTER);
  assertSame(peft, served);
}

/** Whether the base has every layer that the adapter changes, in its size: an engine dies of one that it has not. */
export function assertFits(adapter: GgufHeader, ggufBytes: number, base: GgufHeader): void {
  const [own, needed] = ["general.architecture"].flatMap((key) => [
    base.values.get(key),
    adapter.values.get(key),
  ]);
  if (own !== needed)
    throw new BundleProblem(`${GGUF_ADAPTER} is for a ${needed} model and the base is a ${own}.`);
  const layers = new Map(base.tensors.map(({ name, shape }) => [name, shape]));
  for (const [target, { a, b }] of ggufShapes(adapter, ggufBytes)) {
    const [input, output] = layers.get(target) ?? [];
    if (input === undefined || input !== a?.[1] || output !== b?.[0])
      throw new BundleProblem(
        `${GGUF_ADAPTER} changes ${target}, which the base has not, or not in that size.`,
      );
  }
}
