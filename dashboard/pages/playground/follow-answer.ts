import { useCallback, useEffect, useRef, useState } from "react";
import type { Client } from "../../../client/client.ts";
import type { ChatRequest } from "../../../contract/chat.ts";
import { type Answer, addPiece, isWorking, waiting } from "./answer.ts";

/** By whatever tells them apart. */
export type Answers = ReadonlyMap<string, Answer>;

/**
 * Answers as they stand; kept outside of what is drawn, so that many pieces are one drawing, each `drawMs` at most.
 * An end is drawn at once: whoever waits for all answers must not see one that seems to go on.
 */
export function useDrawn(drawMs: number) {
  const answers = useRef(new Map<string, Answer>());
  const [shown, setShown] = useState<Answers>(new Map());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const draw = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    setShown(new Map(answers.current));
  }, []);
  const put = useCallback(
    (key: string, answer: Answer) => {
      answers.current.set(key, answer);
      if (isWorking(answer)) timer.current ??= setTimeout(draw, drawMs);
      else draw();
    },
    [draw, drawMs],
  );
  /** Forgets those before; each of these waits. */
  const begin = useCallback((keys: readonly string[]) => {
    const startedAt = performance.now();
    answers.current = new Map(keys.map((key) => [key, waiting(startedAt)]));
    setShown(new Map(answers.current));
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { shown, put, begin };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Asks, and tells how the answer stands with every piece, to its end or until `signal` stops it. */
export async function followAnswer(
  chat: Client["chat"],
  { request, signal }: { readonly request: ChatRequest; readonly signal: AbortSignal },
  tell: (answer: Answer) => void,
): Promise<void> {
  let answer = waiting(performance.now());
  tell(answer);
  try {
    for await (const piece of chat.pieces(request, signal)) {
      answer = addPiece(answer, piece, performance.now());
      tell(answer);
    }
    tell({ ...answer, status: "done" });
  } catch (error) {
    if (signal.aborted) tell({ ...answer, status: "stopped" });
    else tell({ ...answer, status: "failed", error: messageOf(error) });
  }
}
