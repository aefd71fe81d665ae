import { z } from "zod";

const Choice = z.looseObject({
  token_ids: z.array(z.int()).nullish(),
  logprobs: z.looseObject({ content: z.array(z.looseObject({})).nullish() }).nullish(),
});
const Chunk = z.looseObject({ choices: z.array(Choice) });

function withIds({ token_ids, ...choice }: z.infer<typeof Choice>) {
  const content = choice.logprobs?.content?.map((token, index) => ({ ...token, id: token_ids?.[index] }));
  return content ? { ...choice, logprobs: { ...choice.logprobs, content } } : choice;
}

/** The same events with each token's id beside its log-probability. */
export async function* tokenIdEvents(events: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const data of events) {
    const parsed = data.startsWith("{") ? Chunk.safeParse(JSON.parse(data)) : null;
    if (parsed?.success) yield JSON.stringify({ ...parsed.data, choices: parsed.data.choices.map(withIds) });
    else yield data;
  }
}
