import { z } from "zod";
import { EngineError } from "../engine.ts";
import { type Connection, exchange } from "../engine-http.ts";
import { findToolFormat, type ToolFormat } from "./tool-format.ts";

/** What a server says of the model that it has loaded. */
export type ModelFacts = {
  readonly toolFormat: ToolFormat | null;
  /** How many tokens it knows. */
  readonly vocabulary: number;
  /** How many tokens a prompt and its answer may have. */
  readonly contextLength: number;
};

const TIMEOUT_MS = 30_000;

const Loaded = z.object({
  data: z.tuple([z.object({ meta: z.object({ n_vocab: z.int(), n_ctx: z.int() }) })]),
});

async function findFacts(connection: Connection, signal: AbortSignal): Promise<ModelFacts> {
  const toolFormat = await findToolFormat(connection, signal);
  const { data } = Loaded.parse(await exchange(connection, "/v1/models", null, signal));
  const { n_vocab: vocabulary, n_ctx: contextLength } = data[0].meta;
  return { toolFormat, vocabulary, contextLength };
}

/** Looks them up once, when first asked; not with a caller's signal, since others wait for them as well. */
export function rememberedFacts(connection: Connection): () => Promise<ModelFacts> {
  let facts: Promise<ModelFacts> | null = null;
  return () => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    facts ??= findFacts(connection, signal).catch((cause) => {
      facts = null;
      throw signal.aborted
        ? new EngineError("The engine did not describe its model in time.", { cause })
        : cause;
    });
    return facts;
  };
}
