import { existsSync, readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { measureFile } from "../../bundle/sums.ts";
import { BundleBase } from "../../contract/bundles.ts";
import type { Base } from "../models/bases.ts";
import { isMissing, writeFileDurably } from "../platform/disk.ts";
import { createTurns } from "../platform/turns.ts";

const BaseRecord = BundleBase.extend({
  /** How it writes chats; null: it does not say. */
  chat_template: z.string().nullable(),
  /** When the served file was changed last, for its sum to be found again; null: it was never summed up. */
  modified_ms: z.number().nullable(),
});
export type BaseRecord = z.infer<typeof BaseRecord>;
const Records = z.record(z.string(), BaseRecord);

const nothingKnown = (id: string): BaseRecord => ({
  ...{ id, license: null, parameters: null, context_length: null, source_sha256: null, gguf: null },
  ...{ chat_template: null, modified_ms: null },
});

const absentAsNull = (error: unknown): null => {
  if (isMissing(error)) return null;
  throw error;
};

function readRecords(path: string): Record<string, BaseRecord> {
  try {
    return existsSync(path) ? Records.parse(JSON.parse(readFileSync(path, "utf8"))) : {};
  } catch {
    // It only remembers what can be found out again.
    return {};
  }
}

/**
 * What an export says of a base. Kept in a file: a model can be exported when its base is gone, and the sum of a large
 * file is not made twice.
 */
export async function openBaseRecords(path: string, bases: ReadonlyMap<string, Base>) {
  const records = readRecords(path);
  const inTurn = createTurns();

  function keep(record: BaseRecord): void {
    if (JSON.stringify(records[record.id]) === JSON.stringify(record)) return;
    records[record.id] = record;
    writeFileDurably(path, `${JSON.stringify(records, null, 2)}\n`);
  }

  /** What is known without reading the weights. */
  async function note(base: Base): Promise<BaseRecord> {
    const stats = await stat(base.gguf).catch(absentAsNull);
    const before = records[base.id];
    const isSame = before?.gguf?.bytes === stats?.size && before?.modified_ms === stats?.mtimeMs;
    return {
      id: base.id,
      license: base.license ?? null,
      parameters: base.parameters,
      context_length: base.contextLength,
      source_sha256: base.sourceSha256 ?? null,
      gguf: isSame ? (before?.gguf ?? null) : null,
      chat_template: await readFile(join(base.hf, "chat_template.jinja"), "utf8").catch(absentAsNull),
      modified_ms: isSame ? (before?.modified_ms ?? null) : null,
    };
  }

  async function sumUp(base: Base, signal: AbortSignal): Promise<BaseRecord> {
    const record = await note(base);
    const stats = record.gguf ? null : await stat(base.gguf).catch(absentAsNull);
    const summed = stats
      ? { ...record, gguf: await measureFile(base.gguf, signal), modified_ms: stats.mtimeMs }
      : record;
    keep(summed);
    return summed;
  }

  for (const base of bases.values()) keep(await note(base));

  /** Also of a base that is not there any more. */
  return async (id: string, signal: AbortSignal): Promise<BaseRecord> => {
    const base = bases.get(id);
    return base ? inTurn(id, () => sumUp(base, signal)) : (records[id] ?? nothingKnown(id));
  };
}
export type BaseRecords = Awaited<ReturnType<typeof openBaseRecords>>;

/** Without what only this server wants to know. */
export const presentBase = (record: BaseRecord): BundleBase => BundleBase.parse(record);
