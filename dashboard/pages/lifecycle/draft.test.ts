import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { LifecycleDocument } from "../../../contract/lifecycle.ts";
import { type Draft, documentOf, emptyDraft, missingOf } from "./draft.ts";
import { yamlText } from "./yaml-text.ts";

const drafts: Readonly<Record<string, Partial<Draft>>> = {
  "the end of a base": {
    base: "smollm2-135m-instruct",
    shutdown: "2027-06-01",
    trainingEnds: "2027-03-01",
    fate: "days_after",
    reason: 'It says "no": and # more\nlines',
    note: "yes",
  },
  "a ready-made policy": { kind: "builtin", builtin: "azure-two-phase", base: "b", starting: "2027-02-01" },
  "a policy": {
    kind: "policy",
    name: "winding-down",
    scope: "dpo",
    stages: [
      { date: "2027-02-01", who: "never_tuned", days: "60" },
      { date: "2027-04-01", who: "inactive", days: "60" },
      { date: "2027-10-01", who: "everyone", days: "" },
    ],
    exceptions: [{ kind: "project", id: "proj_1", until: "2028-04-01", reason: "Contract 42." }],
    message: "- ask {us}",
    accept: ["hits_nobody"],
  },
  "a withdrawal": { kind: "withdraw", withdrawn: "policy:winding-down" },
};

for (const [name, fields] of Object.entries(drafts))
  test(`${name} from the form is a change that the contract takes, and its YAML means the same`, () => {
    const document = documentOf({ ...emptyDraft, ...fields });
    const read: unknown = parse(yamlText(document));
    assert.deepEqual(read, document);
    LifecycleDocument.parse(read);
  });

test("YAML is written as one would write it by hand", () => {
  assert.equal(
    yamlText(documentOf({ ...emptyDraft, ...drafts["a policy"] })),
    `policies:
  - name: winding-down
    scope: { method: dpo }
    stages:
      - date: 2027-02-01
        who: never_tuned
      - date: 2027-04-01
        who: { inactive: { days: 60 } }
      - date: 2027-10-01
        who: everyone
    exceptions:
      - project: proj_1
        until: 2028-04-01
        reason: Contract 42.
    message: "- ask {us}"
accept: [hits_nobody]
`,
  );
});

test("what is missing is told before anything is asked of the server", () => {
  assert.equal(missingOf(emptyDraft, true), "Choose a base model.");
  assert.match(missingOf({ ...emptyDraft, base: "b" }, true) ?? "", /day of its shutdown/);
  assert.equal(missingOf({ ...emptyDraft, base: "b", shutdown: "2027-06-01" }, true), null);
  const builtin: Draft = { ...emptyDraft, kind: "builtin" };
  assert.equal(missingOf(builtin, false), "Give the first day.");
  assert.equal(missingOf({ ...builtin, accept: ["past_dates"] }, false), null);
  assert.equal(missingOf({ ...emptyDraft, kind: "policy", name: "p" }, false), "Give each stage its day.");
});
