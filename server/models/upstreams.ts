import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { z } from "zod";
import { type Upstream, Upstreams } from "../../contract/upstreams.ts";
import type { ServedBase } from "./bases.ts";

/** Where requests for a model go, when another server answers for it. */
export type UpstreamServer = {
  readonly name: string;
  readonly url: string;
  /** null: none is sent. */
  readonly apiKey: string | null;
  readonly concurrency: number;
};

/** A model that another server answers for; `model` is its name there. */
export type UpstreamModel = ServedBase & { readonly model: string; readonly server: UpstreamServer };

type Environment = Readonly<Record<string, string | undefined>>;
type Place = { readonly file: string; readonly environment: Environment };

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function yamlOf(file: string): unknown {
  const text = textOf(file);
  try {
    return parse(text);
  } catch (cause) {
    throw new Error(`${file} is no YAML: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function problemOf(file: string, { issues: [first] }: z.ZodError): string {
  const place = first?.path.map(String).join(".") || "the file";
  return `${file}: ${place}: ${first?.message}. See docs/guide/upstreams.md.`;
}

function readUpstreams(file: string): readonly Upstream[] {
  const parsed = Upstreams.safeParse(yamlOf(file));
  if (parsed.success) return parsed.data.upstreams;
  throw new Error(problemOf(file, parsed.error));
}

function keyOf({ name, api_key_env, api_key_file }: Upstream, { file, environment }: Place): string | null {
  if (api_key_file) return textOf(resolve(dirname(file), api_key_file)).trim();
  if (!api_key_env) return null;
  const key = environment[api_key_env];
  if (key) return key;
  throw new Error(`${file}: the upstream ${name} takes its key from ${api_key_env}, which is not set.`);
}

function assertNew(id: string, taken: { has(id: string): boolean }, file: string): void {
  if (taken.has(id) || id.startsWith("ft:"))
    throw new Error(`${file}: there is another model ${id}: give this one another name.`);
}

/**
 * The models of the upstreams that the file names; none where there is no file. `bases`: names that are taken. What is
 * wrong is one sentence.
 */
export function readUpstreamModels(
  place: Place,
  bases: { has(id: string): boolean },
): ReadonlyMap<string, UpstreamModel> {
  const { file } = place;
  const models = new Map<string, UpstreamModel>();
  if (!existsSync(file)) return models;
  const createdAt = Math.floor(statSync(file).mtimeMs / 1000);
  for (const upstream of readUpstreams(file)) {
    const { name, url, concurrency } = upstream;
    const server = { name, url, concurrency, apiKey: keyOf(upstream, place) };
    for (const [id, { model, context_length: contextLength }] of Object.entries(upstream.models)) {
      assertNew(id, bases, file);
      assertNew(id, models, file);
      models.set(id, { id, contextLength, createdAt, owner: name, model: model ?? id, server });
    }
  }
  return models;
}
