import type { FileFinding } from "../../bundle/inspect.ts";
import type { BundleManifest } from "../../contract/bundles.ts";
import type { Column, Fact } from "./table.ts";
import { byteSize, dateOf } from "./words.ts";

export const findingColumns: Column<FileFinding>[] = [
  { title: "FILE", of: ({ name }) => name },
  { title: "SIZE", of: ({ bytes }) => byteSize(bytes) },
  { title: "STATE", of: ({ state }) => (state === "unknown" ? "not part of it" : state) },
];

/** What an exported model is, in a few lines. */
export function bundleFacts({ model, base, recipe, job, created_at }: BundleManifest): Fact[] {
  const license = base.license === null ? "" : ` (${base.license})`;
  return [
    ["model", model],
    ["base", `${base.id}${license}`],
    ["trained", `${dateOf(created_at)} by ${job.id}, ${recipe.method}`],
  ];
}
