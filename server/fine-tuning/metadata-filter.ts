import { Refusal } from "../../contract/errors.ts";
import type { MetadataFilter } from "./job-store.ts";

/** OpenAI's limit for the metadata of one object. */
const MOST_PAIRS = 16;

const refuse = (text: string) => new Refusal("invalid_value", text, "metadata");

/**
 * `metadata[k]=v`, up to 16 of them, or `metadata=null` for those without (the Node SDK writes its null as
 * `metadata=`); not both. No pair filters nothing, `metadata[k]=` asks for the empty string.
 */
export function metadataFilter(query: Readonly<Record<string, string>>): MetadataFilter {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const key = /^metadata\[(.*)\]$/s.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  if (pairs.length > MOST_PAIRS)
    throw refuse(`An object has at most ${MOST_PAIRS} pairs of metadata, so no more can be asked for.`);
  const bare = query.metadata;
  if (bare === undefined) return { pairs: Object.fromEntries(pairs), isNull: false };
  if (bare !== "null" && bare !== "") {
    throw refuse("Filter by metadata[key]=value, or by metadata=null for those without.");
  }
  if (pairs.length > 0) throw refuse("metadata=null and metadata[key]=value cannot be combined.");
  return { pairs: {}, isNull: true };
}
