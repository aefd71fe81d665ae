import { z } from "zod";
import { Acceptance } from "../../../contract/lifecycle.ts";
import { type Draft, emptyDraft } from "./draft.ts";

/** A change while it is being written: in a form, and as YAML. */
export type Writing = { readonly draft: Draft; readonly yaml: string };
export const nothingWritten: Writing = { draft: emptyDraft, yaml: "" };

/** Longer ones make addresses that not every chat or mail carries. */
const LONGEST = 1500;

const Text = z.string();
const Stage = z.object({ date: Text, who: z.enum(["never_tuned", "inactive", "everyone"]), days: Text });
const Exception = z.object({
  kind: z.enum(["organization", "project"]),
  id: Text,
  until: Text,
  reason: Text,
});
const texts = Object.fromEntries(
  Object.entries(emptyDraft).flatMap(([name, value]) => (typeof value === "string" ? [[name, Text]] : [])),
);
/** An address may come from anybody. */
const Kept = z
  .object({
    ...texts,
    kind: z.enum(["model", "builtin", "policy", "withdraw"]),
    fate: z.enum(["end_with_base", "keep_serving", "days_after"]),
    scope: z.enum(["platform", "base", "supervised", "dpo"]),
    accept: z.array(Acceptance),
    stages: z.array(Stage),
    exceptions: z.array(Exception),
  })
  .partial();

function draftOf(written: string | null): Draft {
  if (written === null) return emptyDraft;
  try {
    return { ...emptyDraft, ...Kept.parse(JSON.parse(written)) };
  } catch {
    return emptyDraft;
  }
}

const changed = (draft: Draft) =>
  Object.entries(draft).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(emptyDraft[name as keyof Draft]),
  );

/** As the address holds it; null for what is not written or too long. */
export function toWords({ draft, yaml }: Writing): Readonly<Record<"draft" | "yaml", string | null>> {
  const fields = changed(draft);
  const text = fields.length === 0 ? "" : JSON.stringify(Object.fromEntries(fields));
  const kept = (one: string) => (one === "" || one.length > LONGEST ? null : one);
  return { draft: kept(text), yaml: kept(yaml) };
}

export const fromWords = (words: URLSearchParams): Writing => ({
  draft: draftOf(words.get("draft")),
  yaml: words.get("yaml") ?? "",
});
