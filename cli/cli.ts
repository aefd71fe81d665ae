import { type Client, createClient } from "../client/client.ts";
import type { Environment } from "../contract/settings.ts";
import { baseUrlOf, type KeyKind, keyOf, type ReadText } from "./connection.ts";
import type { TextStream } from "./output/meter.ts";
import { createShow } from "./output/show.ts";

export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** What the command line does to the world outside; `main.ts` hands it in. */
export type Effects = {
  readonly version: string;
  readonly environment: Environment;
  readonly out: TextStream;
  readonly err: TextStream;
  readonly input: Input;
  readonly fetch: typeof fetch;
  readonly readText: ReadText;
  /** Unix seconds. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Aborts at the first Ctrl-C, until it is disposed of. */
  readonly onInterrupt: () => Disposable & { readonly signal: AbortSignal };
};

/** What every command is given. */
export function createCli(effects: Effects, isJson: () => boolean) {
  const { environment, readText } = effects;
  const open = (kind: KeyKind): Client =>
    createClient({
      baseUrl: baseUrlOf(environment),
      apiKey: keyOf(kind, environment, readText),
      fetch: effects.fetch,
    });
  return {
    ...effects,
    show: createShow({ ...effects, isJson }),
    /** With a project's key, or with the admin key: looked for when a command needs it. */
    project: () => open("project"),
    admin: () => open("admin"),
  };
}
export type Cli = ReturnType<typeof createCli>;
