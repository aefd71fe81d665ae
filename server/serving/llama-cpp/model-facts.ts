import { z } from "zod";
import { type Connection, exchange } from "../engine-http.ts";
import { onceAsked } from "../once-asked.ts";
import { findToolFormat, type ToolFormat } from "../tool-calls/tool-format.ts";

/** What a server says of the model that it has loaded. */
export type ModelFacts = {
  readonly toolFormat: ToolFormat | null;
  /** How many tokens it knows. */
  readonly vocabulary: number;
  /** How many tokens a prompt and its answer may have. */
  readonly contextLength: number;
};

const Rendered = z.object({ prompt: z.string() });
const Loaded = z.object({
  data: z.tuple([z.object({ meta: z.object({ n_vocab: z.int(), n_ctx: z.int() }) })]),
});

async function findFacts(connection: Connection, signal: AbortSignal): Promise<ModelFacts> {
  const toolFormat = await findToolFormat(async (messages, tools) => {
    const answer = await exchange(connection, "/apply-template", { messages, tools }, signal);
    return Rendered.parse(answer).prompt;
  }, signal);
  const { data } = Loaded.parse(await exchange(connection, "/v1/models", null, signal));
  const { n_vocab: vocabulary, n_ctx: contextLength } = data[0].meta;
  return { toolFormat, vocabulary, contextLength };
}

/** Looks them up once, when first asked. */
export const rememberedFacts = (connection: Connection): (() => Promise<ModelFacts>) =>
  onceAsked((signal) => findFacts(connection, signal));
