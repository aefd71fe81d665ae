import { type EngineChunk, EngineCompletion } from "../../contract/chat.ts";
import { assembleCompletion, CompletionChunk } from "../serving/assemble-completion.ts";

/** Keeps what is streamed, for the answer as it would have been whole. */
export function createStreamRecord(choices: number) {
  const chunks = Array.from({ length: choices }, (): CompletionChunk[] => []);
  return {
    add(index: number, chunk: EngineChunk): void {
      const ofOne = { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, index: 0 })) };
      chunks[index]?.push(CompletionChunk.parse(ofOne));
    },
    answers: (): EngineCompletion[] => chunks.map((all) => EngineCompletion.parse(assembleCompletion(all))),
  };
}
