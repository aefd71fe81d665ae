import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertAdapter, assertFits } from "./adapter.ts";
import {
  type Changes,
  ggufBytes,
  safetensorsBytes,
  tinyAdapter,
  tinyBaseGguf,
} from "./fixtures/tiny-adapter.ts";
import { parseGguf } from "./gguf.ts";
import { adapterIn } from "./inspect.ts";
import { GGUF_ADAPTER, PEFT_CONFIG, PEFT_WEIGHTS } from "./names.ts";
import { BundleProblem } from "./problem.ts";
import { parseSafetensors } from "./safetensors.ts";

const none = Buffer.alloc(0);

const partsOf = (config: Buffer, weights: Buffer, gguf: Buffer) => {
  const seen = [config, weights, gguf].map((start) => ({ start, bytes: start.length }));
  const names = [PEFT_CONFIG, PEFT_WEIGHTS, GGUF_ADAPTER];
  return adapterIn(new Map(names.map((name, index) => [name, seen[index] ?? { start: none, bytes: 0 }])));
};

const check = (one: Changes, gguf: Changes = one) =>
  assertAdapter(
    partsOf(
      tinyAdapter(one)["adapter_config.json"] ?? none,
      tinyAdapter(one)["adapter_model.safetensors"] ?? none,
      tinyAdapter(gguf)["adapter.gguf"] ?? none,
    ),
  );

test("an adapter as the trainer writes it is fine, whatever its rank", () => {
  for (const r of [1, 2, 16]) check({ r, alpha: 2 * r });
});

const strange: [Record<string, unknown>, RegExp][] = [
  [{ peft_type: "IA3" }, /peft_type/],
  [{ r: 0 }, /see r\./],
  [{ r: 9999999 }, /see r\./],
  [{ lora_alpha: "32" }, /lora_alpha/],
  [{ bias: "all" }, /bias/],
  [{ use_dora: true }, /use_dora/],
  [{ modules_to_save: ["lm_head"] }, /modules_to_save/],
  [{ rank_pattern: { q_proj: 4 } }, /rank_pattern/],
  [{ target_modules: "(a+)+$" }, /target_modules/],
  [{ layer_replication: [[0, 4]] }, /layer_replication/],
];
for (const [config, told] of strange) {
  test(`a config with ${JSON.stringify(config)} is no plain LoRA`, () => {
    assert.throws(() => check({ config }), told);
  });
}

test("three files that do not belong together are told apart", () => {
  assert.throws(() => check({ r: 2 }, { r: 4 }), /adapter\.gguf is not of rank 2/);
  assert.throws(() => check({ alpha: 4 }, { alpha: 8 }), /alpha 8/);
  assert.throws(() => check({ input: 4 }, { input: 8 }), /do not hold the same layers/);
  assert.throws(() => check({ config: { r: 3 } }, {}), /not of rank 3/);
});

test("weights that are no LoRA weights, or only half of them, are refused", () => {
  const { "adapter_config.json": config = none, "adapter.gguf": gguf = none } = tinyAdapter();
  const tensor = { shape: [2, 4], values: Array.from({ length: 8 }, () => 0) };
  const weights = (name: string) => safetensorsBytes([{ name, ...tensor }]);
  const half = weights("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight");
  assert.throws(() => assertAdapter(partsOf(config, half, gguf)), /lacks one half/);
  assert.throws(() => assertAdapter(partsOf(config, weights("lm_head.weight"), gguf)), /no LoRA weight/);
  assert.throws(() => assertAdapter(partsOf(config, safetensorsBytes([]), gguf)), /holds no weights/);
  const model = ggufBytes({ "general.architecture": "llama" }, []);
  assert.throws(() => assertAdapter(partsOf(config, half, model)), /no LoRA adapter/);
});

test("an adapter fits a base that has its layers in their size, and no other", () => {
  const of = (changes: Changes) => tinyAdapter(changes)["adapter.gguf"] ?? none;
  const fits = (gguf: Buffer, base: Buffer) =>
    assertFits(parseGguf(gguf, "adapter.gguf"), gguf.length, parseGguf(base, "base"));
  fits(of({}), tinyBaseGguf());
  assert.throws(() => fits(of({ input: 8 }), tinyBaseGguf()), /not in that size/);
  assert.throws(() => fits(of({ architecture: "qwen2" }), tinyBaseGguf()), /for a qwen2 model/);
  assert.throws(() => fits(of({}), ggufBytes({ "general.architecture": "llama" }, [])), /the base has not/);
});

test("a cut or changed file never breaks a reader: it is fine or a problem", () => {
  const files = tinyAdapter();
  const [gguf, weights] = [files["adapter.gguf"] ?? none, files["adapter_model.safetensors"] ?? none];
  const change = fc.record({
    at: fc.nat(gguf.length - 1),
    value: fc.integer({ min: 0, max: 255 }),
    end: fc.nat(gguf.length),
  });
  const survives = (parse: (bytes: Buffer) => void, bytes: Buffer) => {
    try {
      parse(bytes);
    } catch (error) {
      assert.ok(error instanceof BundleProblem, String(error));
    }
  };
  fc.assert(
    fc.property(change, ({ at, value, end }) => {
      const [first, second] = [Buffer.from(gguf), Buffer.from(weights)];
      first[at] = value;
      second[at % second.length] = value;
      for (const bytes of [first, gguf.subarray(0, end)])
        survives((one) => assertFits(parseGguf(one, "a"), one.length, parseGguf(tinyBaseGguf(), "b")), bytes);
      for (const bytes of [second, weights.subarray(0, end)])
        survives((one) => parseSafetensors(one, one.length, "a"), bytes);
    }),
    { numRuns: 500 },
  );
});

test("weights shorter than their header says are refused", () => {
  const { "adapter_model.safetensors": weights = none, "adapter.gguf": gguf = none } = tinyAdapter();
  assert.throws(() => parseSafetensors(weights, weights.length - 4, "x"), /x is no safetensors file/);
  const cut = gguf.subarray(0, gguf.length - 64);
  const { "adapter_config.json": config = none } = tinyAdapter();
  assert.throws(() => assertAdapter(partsOf(config, weights, cut)), /cut short/);
});
