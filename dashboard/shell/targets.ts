import { useQuery } from "@tanstack/react-query";
import { take } from "../../client/pages.ts";
import { useModels } from "../common-queries.ts";
import { screens } from "../pages.ts";
import { useClient } from "../session.tsx";
import { modelPath, useAddress } from "../ui/address.ts";

/** Where one can go. */
export type Target = { readonly href: string; readonly name: string; readonly kind: string };

/** Shown at a time, and of jobs and files the newest that are looked through. */
const MOST_SHOWN = 12;
const NEWEST = 200;

/** Those with every word of the question somewhere in their name; of a kind, the newest first. */
export const matching = (targets: readonly Target[], question: string): Target[] => {
  const words = question.toLowerCase().split(/\s+/);
  return targets
    .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
    .slice(0, MOST_SHOWN);
};

/** Pages, models, jobs and files of the project. */
export function useTargets(): readonly Target[] {
  const client = useClient();
  const address = useAddress();
  const models = useModels();
  const jobs = useQuery({ queryKey: ["jobs", "newest"], queryFn: () => take(client.jobs.list(), NEWEST) });
  const files = useQuery({ queryKey: ["files", "newest"], queryFn: () => take(client.files.list(), NEWEST) });
  return [
    ...screens.flatMap(({ path, title }) =>
      title ? [{ href: address(path), name: title, kind: "page" }] : [],
    ),
    ...(models.data ?? [])
      .toSorted((a, b) => b.created - a.created)
      .map(({ id }) => ({ href: address(modelPath(id)), name: id, kind: "model" })),
    ...(jobs.data ?? []).map(({ id, fine_tuned_model, user_provided_suffix, model }) => ({
      href: address(`/jobs/${id}`),
      name: `${fine_tuned_model ?? user_provided_suffix ?? model} ${id}`,
      kind: "job",
    })),
    ...(files.data ?? []).map(({ id, filename }) => ({
      href: address("/files", { file: id }),
      name: `${filename} ${id}`,
      kind: "file",
    })),
  ];
}
