import type { Setting } from "../../contract/settings.ts";

type Tables = {
  readonly serverSettings: Readonly<Record<string, Setting>>;
  readonly clientSettings: Readonly<Record<string, Setting>>;
};
type DefaultOf = (setting: Setting) => string | number | null;

function rowOf(name: string, setting: Setting, defaultOf: DefaultOf): string {
  const value = defaultOf(setting);
  const shown = value === null ? "" : setting.standard === undefined ? `\`${value}\`` : value;
  return `| \`${name}\` | ${shown} | ${setting.help} |`;
}

const tableOf = (settings: Readonly<Record<string, Setting>>, defaultOf: DefaultOf): string =>
  [
    "| setting | default | what it is for |",
    "|---|---|---|",
    ...Object.entries(settings).map(([name, setting]) => rowOf(name, setting, defaultOf)),
  ].join("\n");

/** The reference page; a test keeps the committed one equal to this. */
export const settingsPage = (
  { serverSettings, clientSettings }: Tables,
  defaultOf: DefaultOf,
): string => `# Settings

All settings are environment variables. \`perennial config\` shows their values on your machine.
This page is written by \`perennial config --markdown\`.

## Server

${tableOf(serverSettings, defaultOf)}

## Command line

It also reads \`PERENNIAL_API_KEY\`, \`PERENNIAL_ADMIN_KEY\`, \`PERENNIAL_PORT\` and \`PERENNIAL_DATA\`. Keys in the data folder are
used only for a server on this machine.

${tableOf(clientSettings, defaultOf)}
`;
