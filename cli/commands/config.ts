import {
  clientSettings,
  type Environment,
  givenIn,
  type Setting,
  serverSettings,
} from "../../contract/settings.ts";
import { settingsPage } from "../output/settings-page.ts";
import type { Column } from "../output/table.ts";
import { type AddCommand, example } from "./command.ts";

export type Shown = {
  readonly name: string;
  readonly value: unknown;
  readonly default: string | number | null;
  readonly isSet: boolean;
  readonly help: string;
};

const REDACTED = "(set, not shown)";

/** In words, where the value differs from machine to machine. */
export function defaultOf({ schema, standard }: Setting): string | number | null {
  if (standard !== undefined) return standard;
  const value = schema.safeParse(undefined).data;
  return typeof value === "string" || typeof value === "number" ? value : null;
}

export function describeSetting(name: string, setting: Setting, environment: Environment): Shown {
  const given = givenIn(environment, name);
  const parsed = setting.schema.safeParse(given);
  const value = parsed.success ? parsed.data : `${given} (not valid: ${parsed.error.issues[0]?.message})`;
  const shown = given !== undefined && setting.isSecret ? REDACTED : (value ?? null);
  return { name, value: shown, default: defaultOf(setting), isSet: given !== undefined, help: setting.help };
}

const columns: Column<Shown>[] = [
  { title: "SETTING", of: ({ name }) => name },
  {
    title: "VALUE",
    of: (shown) => (shown.isSet ? String(shown.value) : `${shown.default ?? "–"} (default)`),
    shrinks: true,
  },
  { title: "HELP", of: ({ help }) => help, shrinks: true },
];

export const configCommand: AddCommand = (parent, cli) => {
  parent
    .command("config")
    .option("--markdown", "print docs/reference/configuration.md")
    .description("Show every setting: its value here, its default and what it is for.")
    .addHelpText("after", example("perennial config"))
    .action(({ markdown }: { markdown?: true }) => {
      if (markdown) return cli.show.text(settingsPage({ serverSettings, clientSettings }, defaultOf));
      const all = Object.entries({ ...serverSettings, ...clientSettings });
      const shown = all.map(([name, setting]) => describeSetting(name, setting, cli.environment));
      cli.show.list(shown, columns, "");
    });
};
