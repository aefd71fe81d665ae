import type { ProjectObject } from "../../contract/keys.ts";
import { CliError } from "../cli-error.ts";

/** The project of this id or name; without either the only one there is. */
export function chooseProject(projects: readonly ProjectObject[], asked: string | undefined): ProjectObject {
  const byId = projects.find(({ id }) => id === asked);
  if (byId) return byId;
  const fitting = asked === undefined ? projects : projects.filter(({ name }) => name === asked);
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  const choices = projects.map(({ id, name }) => `${id} (${name})`).join(", ");
  if (asked === undefined) throw new CliError(`Say which project with --project: ${choices}.`);
  throw new CliError(
    only
      ? `Several projects are called ${asked}: give the id of one. There are ${choices}.`
      : `No project is called ${asked}; there is ${choices}. \`perennial projects create\` makes another.`,
  );
}
