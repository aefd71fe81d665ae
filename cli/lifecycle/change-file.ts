import { createReadStream } from "node:fs";
import { z } from "zod";
import { ApiError } from "../../client/errors.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";

const MAX_BYTES = 1024 * 1024;

const nameOf = (path: string) => (path === "-" ? "What came on stdin" : path);

const Fault = z.object({ code: z.string() });

function unreadable(path: string, cause: unknown): CliError {
  const { data } = Fault.safeParse(cause);
  const say = (text: string) => new CliError(text, 1, { cause });
  if (data?.code === "ENOENT") return say(`There is no file ${path}.`);
  if (data?.code === "EISDIR") return say(`${path} is a folder: name the YAML file in it.`);
  return say(`${path} cannot be read${data ? ` (${data.code})` : ""}.`);
}

async function readBytes(cli: Cli, path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of path === "-" ? cli.input : createReadStream(path)) {
    pieces.push(Buffer.from(piece));
    size += Buffer.byteLength(piece);
    if (size > MAX_BYTES)
      throw new CliError(`${nameOf(path)} is larger than 1 MB: make several changes of it.`);
  }
  return Buffer.concat(pieces);
}

/** A change of the life cycle, as it is written; `-` is stdin. */
export async function readChange(cli: Cli, path: string): Promise<string> {
  const bytes = await readBytes(cli, path).catch((cause: unknown) => {
    throw cause instanceof CliError ? cause : unreadable(path, cause);
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliError(`${nameOf(path)} is not UTF-8: save it in that encoding.`, 1, { cause });
  }
}

/** What is wrong with the file's content, with the file and the place in it. */
export async function inFile<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const isAboutIt = cause instanceof ApiError && cause.status === 400 && cause.param !== "plan_hash";
    if (!isAboutIt) throw cause;
    const place =
      cause.param === null || cause.message.includes(`'${cause.param}'`) ? "" : ` ${cause.param}:`;
    const next = `Then: \`perennial lifecycle plan ${quoted(path)}\`.`;
    throw new CliError(`${path === "-" ? "stdin" : path}:${place} ${cause.message} ${next}`, 1, { cause });
  }
}

/** As a shell takes it. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
