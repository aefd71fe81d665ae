import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { childEnvironment } from "../../platform/child-environment.ts";
import { type Adapter, type BaseModel, TEMPLATE_SETTINGS } from "../engine.ts";
import type { Command } from "../supervision/engine-process.ts";

/** How llama.cpp's server is to be run; one place for what both of its forms are told. */
export type LlamaCppOptions = {
  readonly base: BaseModel;
  readonly adapters: readonly Adapter[];
  readonly apiKey: string;
  readonly slots: number;
  readonly threads: number;
  /** A request that is given up, and tokens for others, wait for at most this much of somebody's prompt. */
  readonly batchTokens: number;
};

export type MakeCommand = (options: LlamaCppOptions) => Promise<Command>;

const beside = (name: string) => join(import.meta.dirname, name);

/** The server inside the Python wheel xllamacpp. */
export const xllamacppCommand =
  (python: string): MakeCommand =>
  async (options) => ({
    file: python,
    args: [beside("server.py")],
    input: `${JSON.stringify({
      model: options.base.gguf,
      adapters: options.adapters.map(({ path }) => path),
      api_key: options.apiKey,
      slots: options.slots,
      context_tokens: options.base.contextLength,
      batch_tokens: options.batchTokens,
      threads: options.threads,
      template: TEMPLATE_SETTINGS,
    })}\n`,
    origin: null,
  });

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
  });
  return await promise;
}

const llamaServerFlags = (options: LlamaCppOptions, port: number): string[] => [
  ...["--model", options.base.gguf, "--host", "127.0.0.1", "--port", String(port)],
  ...options.adapters.flatMap(({ path }) => ["--lora", path]),
  ...["--lora-init-without-apply", "--jinja", "--slots", "--metrics", "--no-webui"],
  // Given a number of slots, it splits the context evenly: in a shared pool, one request too many fails them all.
  ...["--parallel", String(options.slots), "--ctx-size", String(options.slots * options.base.contextLength)],
  ...["--batch-size", String(options.batchTokens), "--cache-ram", "0", "--reasoning-format", "none"],
  ...["--chat-template-kwargs", JSON.stringify(TEMPLATE_SETTINGS)],
  ...["--threads", String(options.threads), "--threads-batch", String(options.threads)],
  ...["--log-verbosity", "1"],
];

/** llama.cpp's own program. It tells nobody which port it got, so it is given one that was free just before. */
export const llamaServerCommand =
  (program: string): MakeCommand =>
  async (options) => {
    const port = await freePort();
    return {
      file: "/bin/sh",
      args: [beside("llama-server-guard.sh"), program, ...llamaServerFlags(options, port)],
      input: `${options.apiKey}\n`,
      origin: `http://127.0.0.1:${port}`,
    };
  };

const succeeds = (file: string, args: readonly string[]): Promise<boolean> =>
  promisify(execFile)(file, args, { env: childEnvironment(process.env) }).then(
    () => true,
    () => false,
  );

const FIND_WHEEL = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("xllamacpp") is None)';

export type LlamaCppPlaces = {
  /** The Python that may have xllamacpp. */
  readonly python: string;
  /** A llama-server to use whatever else there is. */
  readonly llamaServer?: string | undefined;
};

/** The llama.cpp to use: the one that was named, the one in the Python packages, or the one on PATH. */
export async function findLlamaCpp({ python, llamaServer }: LlamaCppPlaces): Promise<MakeCommand> {
  if (llamaServer) return llamaServerCommand(llamaServer);
  if (await succeeds(python, ["-c", FIND_WHEEL])) return xllamacppCommand(python);
  if (await succeeds("/bin/sh", ["-c", "command -v llama-server"])) return llamaServerCommand("llama-server");
  throw new Error(
    `There is no llama.cpp: ${python} has no package xllamacpp, PATH has no llama-server, and PERENNIAL_LLAMA_SERVER is not set.`,
  );
}
