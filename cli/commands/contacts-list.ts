import { take } from "../../client/pages.ts";
import type { NoticeContact } from "../../contract/notices.ts";
import type { Column } from "../output/table.ts";
import { ago } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

const columns = (now: number): Column<NoticeContact>[] => [
  { title: "CONTACT", of: ({ id }) => id },
  { title: "EMAIL", of: ({ email }) => email, shrinks: true },
  { title: "PROJECT", of: ({ project_id }) => project_id ?? "all" },
  { title: "ADDED", of: ({ created_at }) => ago(created_at, now) },
];

export const contactsList: AddCommand = (parent, cli) => {
  parent
    .command("list")
    .option("--limit <count>", "at most so many", count, 100)
    .description("List who gets notices by mail (needs the admin key).")
    .addHelpText("after", example("perennial contacts list"))
    .action(async ({ limit }: { limit: number }) => {
      const contacts = await take(cli.admin().contacts.list(), limit);
      const whenEmpty = "No contacts. Add one with `perennial contacts add EMAIL`.";
      cli.show.list(contacts, columns(cli.now()), whenEmpty);
    });
};
