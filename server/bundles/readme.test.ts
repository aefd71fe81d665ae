import assert from "node:assert/strict";
import { test } from "node:test";
import { contentsOf, createBundleApp, exported, tune } from "../test-bundle.ts";
import { emptyThought } from "./modelfile.ts";
import { readme } from "./readme.ts";

const THINKING =
  "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}";

test("a model that may think first is told not to, in every program", async () => {
  await using app = await createBundleApp();
  const { model } = await tune(app);
  const facts = (await contentsOf(await exported(app, model))).inspection.manifest;
  assert.ok(facts);
  const shown = { facts, merged: "gguf", names: ["chat_template.jinja"], rank: 8 } as const;
  const told = readme({ ...shown, canThink: true });
  const no = "'{\"enable_thinking\":false}'";
  for (const command of [
    `llama-server -m merged/model.gguf --jinja --chat-template-kwargs ${no}`,
    `--chat-template-file chat_template.jinja --chat-template-kwargs ${no}`,
    `./adapter" --default-chat-template-kwargs ${no}`,
    "enable_thinking=False",
  ])
    assert.ok(told.includes(command), command);
  assert.doesNotMatch(readme({ ...shown, canThink: false }), /think/);
});

test("Ollama's template opens an answer with the empty thought that the model's own has", () => {
  assert.equal(emptyThought(THINKING), "<think>\n\n</think>\n\n");
  assert.equal(emptyThought(THINKING.replaceAll("enable_thinking", "other")), "");
  assert.equal(emptyThought("{{ 'assistant' }}"), "");
});
