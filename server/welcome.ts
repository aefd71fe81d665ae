import type { FirstKey } from "./api-keys/first-keys.ts";
import type { RunningServer } from "./start-server.ts";

/** The value only of a key that this start made: whoever set one knows it, and terminals are recorded. */
function keyLine(name: string, { key, place, origin }: FirstKey): string {
  if (origin === "made") return `Your ${name}, shown once and kept in ${place}: ${key}`;
  if (origin === "revoked")
    return `The ${name} in ${place} was revoked; \`npx perennial keys create\` makes another.`;
  return `The ${name} is the one in ${place}.`;
}

type Started = Pick<RunningServer, "url" | "bases" | "keys" | "dashboardLink">;

const NO_BASES =
  "none. `npm run setup` with the same PERENNIAL_DATA brings one, or PERENNIAL_BASES names a folder that has some.";

/** What a person reads when the server is up. */
export const welcome = ({ url, bases, keys, dashboardLink }: Started): string =>
  [
    `Perennial listens on ${url}/v1`,
    `Base models: ${bases.join(", ") || NO_BASES}`,
    keyLine("API key", keys.api),
    keyLine("admin key", keys.admin),
    ...(dashboardLink === null
      ? []
      : [`The dashboard, by a link that works once, within 30 minutes: ${dashboardLink}`]),
  ].join("\n");
