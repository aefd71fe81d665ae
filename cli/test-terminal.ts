import { PassThrough, Readable } from "node:stream";
import type { Environment } from "../contract/settings.ts";
import type { Effects } from "./cli.ts";
import { run } from "./run.ts";

type Options = {
  readonly fetch?: typeof fetch;
  readonly environment?: Environment;
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly columns?: number;
  /** Unix seconds. */
  readonly now?: number;
  /** Aborted when the user presses Ctrl-C. */
  readonly interrupt?: AbortSignal;
};

function createStream(columns: number | undefined) {
  const stream = new PassThrough();
  const pieces: string[] = [];
  stream.on("data", (chunk) => pieces.push(String(chunk)));
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  return { stream: Object.assign(stream, terminal), text: () => pieces.join("") };
}

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs command lines with everything outside held by the test; a `fetch` may lead into the real app. */
export function createTestTerminal(options: Options = {}) {
  return async (...args: string[]): Promise<Ran> => {
    const [out, err] = [createStream(options.columns), createStream(undefined)];
    const effects: Effects = {
      version: "1.2.3",
      environment: options.environment ?? {
        PERENNIAL_API_KEY: "sk-test-project",
        PERENNIAL_ADMIN_KEY: "sk-test-admin",
      },
      out: out.stream,
      err: err.stream,
      input: Readable.from([options.stdin ?? ""]),
      fetch: options.fetch ?? (() => Promise.reject(new TypeError("fetch failed"))),
      readText: (path) => options.files?.[path] ?? null,
      now: () => options.now ?? 1_800_000_000,
      sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
      onInterrupt: () => ({
        signal: options.interrupt ?? new AbortController().signal,
        [Symbol.dispose]() {},
      }),
    };
    const code = (await run(args, effects)) ?? 0;
    return { code, out: out.text(), err: err.text() };
  };
}
