import type { AddressInfo } from "node:net";

/** What a program of ours says when it listens. */
export function tellUrl(address: string | AddressInfo | null): void {
  if (typeof address === "object" && address) console.log(`listens on http://127.0.0.1:${address.port}`);
}

/** Of our own programs, and of Perennial. */
export const saidUrl = async (output: string): Promise<string | null> =>
  /listens on (http:\/\/[\d.]+:\d+)/.exec(output)?.[1] ?? null;

/** For programs that are told their port. */
export const answersAt = (url: string, path: string) => async (): Promise<string | null> => {
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
  await answer?.arrayBuffer().catch(() => null);
  return answer?.ok ? url : null;
};
