import { take } from "../../client/pages.ts";
import type { LifecycleChange } from "../../contract/lifecycle.ts";
import type { Column, Fact } from "../output/table.ts";
import { ago, momentOf } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

const contentOf = ({ document: { models, policies, withdraw } }: LifecycleChange): string => {
  const named = policies.map((policy) =>
    "builtin" in policy ? (policy.name ?? policy.builtin) : policy.name,
  );
  const gone = [...withdraw.models, ...withdraw.policies].map((name) => `-${name}`);
  return [...models.map(({ id }) => id), ...named, ...gone].join(", ");
};

/** What has become of a change, or may: a name and its value. */
function standing({ undoes, undone_by, undo_until }: LifecycleChange): Fact | null {
  if (undoes !== null) return ["takes back", undoes];
  if (undone_by !== null) return ["taken back by", undone_by];
  return undo_until === null ? null : ["undo until", undo_until];
}

const standingText = (change: LifecycleChange): string => standing(change)?.join(" ") ?? "";

export const changeFacts = (change: LifecycleChange): Fact[] => [
  ["change", change.id],
  ["applied", momentOf(change.created_at)],
  ["by key", change.key_id],
  ["about", contentOf(change)],
  ...(change.note === null ? [] : [["note", change.note] as const]),
  ["plan", change.plan_hash],
  ...[standing(change)].filter((fact) => fact !== null),
];

const columns = (now: number): Column<LifecycleChange>[] => [
  { title: "CHANGE", of: ({ id }) => id },
  { title: "APPLIED", of: ({ created_at }) => ago(created_at, now) },
  { title: "BY KEY", of: ({ key_id }) => key_id, shrinks: true },
  { title: "ABOUT", of: contentOf, shrinks: true },
  { title: "STANDING", of: standingText, shrinks: true },
  { title: "NOTE", of: ({ note }) => note ?? "", shrinks: true },
];

export const lifecycleHistory: AddCommand = (parent, cli) => {
  parent
    .command("history")
    .argument("[change]", "one change, with everything about it")
    .option("--limit <count>", "at most so many", count, 20)
    .description("List what was changed, by whom and when, newest first (needs the admin key).")
    .addHelpText("after", example("perennial lifecycle history", "perennial lifecycle history lcc_abc123"))
    .action(async (id: string | undefined, { limit }: { limit: number }) => {
      const { lifecycle } = cli.admin();
      if (id !== undefined) {
        const change = await lifecycle.change(id);
        return cli.show.one(change, changeFacts(change));
      }
      const changes = await take(lifecycle.changes(), limit);
      cli.show.list(
        changes,
        columns(cli.now()),
        "Nothing was changed. `perennial lifecycle plan FILE` begins.",
      );
    });
};
