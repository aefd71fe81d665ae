import { Refusal } from "../../contract/errors.ts";
import type { MetadataFilter } from "./job-store.ts";

/** OpenAI's limit for the metadata of one object. */
const MOST_PAIRS = 16;

const refuse = (text: string, param = "metadata") => new Refusal("invalid_value", text, param);

/**
 * `metadata[k]=v`, up to 16 of them, or `metadata=null` for those without (the Node SDK writes its null as
 * `metadata=`); not both. No pair filters nothing, `metadata[k]=` asks for the empty string.
 */
export function metadataFilter(queries: Readonly<Record<string, readonly string[]>>): MetadataFilter {
  const pairs = Object.entries(queries).flatMap(([name, values]) => {
    const key = /^metadata\[(.*)\]$/s.exec(name)?.[1];
    return key === undefined ? [] : [{ name, key, values }];
  });
  if (pairs.length > MOST_PAIRS)
    throw refuse(`An object has at most ${MOST_PAIRS} pairs of metadata, so no more can be asked for.`);
  const twice = pairs.find(({ values }) => values.length > 1);
  if (twice) throw refuse(`${twice.name} is given twice; a key has one value.`, twice.name);
  const bare = queries.metadata;
  if (bare === undefined)
    return {
      pairs: Object.fromEntries(pairs.map(({ key, values }) => [key, values[0] ?? ""])),
      isNull: false,
    };
  if (bare.some((value) => value !== "null" && value !== "")) {
    throw refuse("Filter by metadata[key]=value, or by metadata=null for those without.");
  }
  if (pairs.length > 0) throw refuse("metadata=null and metadata[key]=value cannot be combined.");
  return { pairs: {}, isNull: true };
}
