import type { ChatPiece, ChatUsage } from "../../../client/chat.ts";
import type { ToolCallDelta } from "../../../contract/chat.ts";

export type Call = { readonly id: string; readonly name: string; readonly arguments: string };

/** A model's answer, as far as it has come. Times in milliseconds. */
export type Answer = {
  readonly status: "waiting" | "streaming" | "done" | "stopped" | "failed";
  readonly text: string;
  readonly calls: readonly Call[];
  readonly finishReason: string | null;
  readonly usage: ChatUsage | null;
  readonly startedAt: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly error: string | null;
};

export const waiting = (startedAt: number): Answer => ({
  status: "waiting",
  text: "",
  calls: [],
  finishReason: null,
  usage: null,
  startedAt,
  firstAt: null,
  lastAt: null,
  error: null,
});

/** A call's name comes first, its arguments in pieces. */
function addCalls(known: readonly Call[], deltas: readonly ToolCallDelta[]): readonly Call[] {
  const calls = [...known];
  for (const { index, id, function: said } of deltas) {
    const before = calls[index] ?? { id: "", name: "", arguments: "" };
    calls[index] = {
      id: id ?? before.id,
      name: before.name + (said?.name ?? ""),
      arguments: before.arguments + (said?.arguments ?? ""),
    };
  }
  return calls;
}

export function addPiece(answer: Answer, piece: ChatPiece, at: number): Answer {
  const isContent = piece.text !== "" || piece.toolCalls.length > 0;
  return {
    ...answer,
    status: "streaming",
    text: answer.text + piece.text,
    calls: piece.toolCalls.length > 0 ? addCalls(answer.calls, piece.toolCalls) : answer.calls,
    finishReason: piece.finishReason ?? answer.finishReason,
    usage: piece.usage ?? answer.usage,
    firstAt: answer.firstAt ?? (isContent ? at : null),
    lastAt: isContent ? at : answer.lastAt,
  };
}

export const isWorking = ({ status }: Answer): boolean => status === "waiting" || status === "streaming";

/** Something that can be learnt from. */
export const isUseful = (answer: Answer): boolean =>
  !isWorking(answer) && answer.status !== "failed" && (answer.text !== "" || answer.calls.length > 0);

export const secondsToFirst = ({ startedAt, firstAt }: Answer): number | null =>
  firstAt === null ? null : (firstAt - startedAt) / 1000;

/** After the first token, which waits for the prompt to be read; null: too few to say. */
export function tokensPerSecond({ usage, firstAt, lastAt }: Answer): number | null {
  if (!usage || firstAt === null || lastAt === null || lastAt <= firstAt) return null;
  return (usage.completion_tokens - 1) / ((lastAt - firstAt) / 1000);
}
