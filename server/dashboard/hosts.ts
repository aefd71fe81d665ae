import { isIP } from "node:net";
import { Refusal } from "../../contract/errors.ts";
import type { AppContext } from "../platform/http.ts";

const hostOf = (c: AppContext): string => c.req.header("host") ?? new URL(c.req.url).host;

/** Without port and brackets. */
const nameOf = (host: string): string => {
  const [, bracketed, plain = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (bracketed ?? plain).toLowerCase().replace(/\.$/, "");
};

/**
 * Refuses names that nobody allowed. A page of another site can point its own name at this server, and would then be of
 * one origin with it (DNS rebinding). An address in place of a name cannot be pointed anywhere.
 */
export function createAssertHost(allowed: readonly string[]) {
  const names = new Set(["localhost", ...allowed.map((name) => name.toLowerCase())]);
  return (c: AppContext): void => {
    const name = nameOf(hostOf(c));
    if (names.has(name) || isIP(name) !== 0) return;
    const text = `This server is not opened under the name ${JSON.stringify(name.slice(0, 100))}. Whoever runs it can allow that in PERENNIAL_ALLOWED_HOSTS.`;
    throw new Refusal("host_not_allowed", text);
  };
}
export type AssertHost = ReturnType<typeof createAssertHost>;
