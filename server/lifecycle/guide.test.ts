import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ADMIN, applyChange, askForJob, createDatedApp, createMember, LIFE } from "../test-lifecycle.ts";

const guide = readFileSync(join(import.meta.dirname, "../../docs/guide/lifecycle.md"), "utf8");
const examples = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);

const base = (id: string) => ({ id, gguf: "", hf: "", contextLength: 2048, parameters: 1, createdAt: 1 });
const names = ["tiny-base", "smollm2-135m-instruct", "another-base", "planned-base"];

test("every change in the guide can be planned and applied as it stands there", async () => {
  assert.ok(examples.length >= 7);
  for (const example of examples) {
    const bases = new Map(names.map((id) => [id, base(id)]));
    await using app = await createDatedApp("2026-11-26T12:00:00Z", { parts: { bases } });
    const member = await createMember(app, "acme");
    assert.equal((await askForJob(app, "sk-test-project")).status, 200);
    assert.equal((await askForJob(app, member.key, { model: "smollm2-135m-instruct" })).status, 200);
    await createMember(app, "new");
    const stages = [{ date: "2027-05-01", who: "everyone" }];
    await applyChange(app, {
      models: [{ id: "planned-base", shutdown_at: "2027-06-01" }],
      policies: [{ name: "planned-policy", scope: { base: "planned-base" }, stages }],
    });
    const body = example.replaceAll("org-Ab12Cd34", member.id);
    const planned = await app.json(app.call(`${LIFE}/plans`, { method: "POST", body }, ADMIN));
    assert.ok(planned.hash, `${planned.error?.message}\n${example}`);
    const path = `${LIFE}/changes?plan_hash=${planned.hash}`;
    assert.equal((await app.call(path, { method: "POST", body }, ADMIN)).status, 200, example);
  }
});

test("the days that the guide gives for OpenAI's stages are theirs", async () => {
  await using app = await createDatedApp("2026-11-26T12:00:00Z");
  const { data } = await app.json(app.call(`${LIFE}/builtin_policies`));
  const [openai, azure, bedrock] = data;
  assert.deepEqual(
    openai.stages.map((stage: { after_days: number; date: string }) => [stage.after_days, stage.date]),
    [
      [0, "2026-05-07"],
      [56, "2026-07-02"],
      [244, "2027-01-06"],
    ],
  );
  assert.match(guide, /56 and 244 days later\. Left out: 2026-05-07, 2026-07-02, 2027-01-06/);
  assert.deepEqual([azure.shutdown_after_days, bedrock.shutdown_after_days], [183, 183]);
});
