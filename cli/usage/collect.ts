import { CliError } from "../cli-error.ts";
import type { UsageRow } from "./columns.ts";

export type ModelUsage = { readonly model: string; readonly requests: number; readonly tokens: number };

export type Usage = {
  readonly models: readonly ModelUsage[];
  /** Rows that are of no one model. */
  readonly rowsWithoutModel: number;
};

/** A file with more names than this is no list of models. */
const MOST_MODELS = 20_000;
const LONGEST_NAME = 300;

/** Adds rows up by model, so that only names are held in memory. */
export function createCollector(file: string) {
  const models = new Map<string, ModelUsage>();
  let rowsWithoutModel = 0;

  function add({ model, requests, tokens }: UsageRow): void {
    if (model === null) {
      rowsWithoutModel += 1;
      return;
    }
    if (model.length > LONGEST_NAME || (models.size >= MOST_MODELS && !models.has(model)))
      throw new CliError(
        `${file} does not look like a usage export: it names ${models.size >= MOST_MODELS ? `more than ${MOST_MODELS} models` : `a model of ${model.length} characters`}.`,
      );
    const before = models.get(model) ?? { model, requests: 0, tokens: 0 };
    models.set(model, { model, requests: before.requests + requests, tokens: before.tokens + tokens });
  }

  function result(): Usage {
    if (models.size === 0 && rowsWithoutModel > 0)
      throw new CliError(`No row of ${file} says its model: export the usage grouped by model.`);
    if (models.size === 0) throw new CliError(`${file} holds no usage: it has no rows.`);
    return { models: [...models.values()], rowsWithoutModel };
  }

  return { add, result };
}
export type Collector = ReturnType<typeof createCollector>;
