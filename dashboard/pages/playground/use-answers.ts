import { useCallback, useEffect, useRef, useState } from "react";
import type { ChatRequest } from "../../../contract/chat.ts";
import { useClient } from "../../session.tsx";
import { type Answer, addPiece, waiting } from "./answer.ts";

/** Drawn at most so often, however fast the models are. */
const DRAW_MS = 50;
export type Question = Omit<ChatRequest, "model">;
export type Answers = ReadonlyMap<string, Answer>;

/** Answers by model, as they stand; kept outside of what is drawn, so that many pieces are one drawing. */
function useDrawn() {
  const answers = useRef(new Map<string, Answer>());
  const [shown, setShown] = useState<Answers>(new Map());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const put = useCallback((model: string, change: (now: Answer) => Answer) => {
    const now = answers.current.get(model);
    if (!now) return;
    answers.current.set(model, change(now));
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(new Map(answers.current));
    }, DRAW_MS);
  }, []);
  const begin = useCallback((models: readonly string[]) => {
    const startedAt = performance.now();
    answers.current = new Map(models.map((model) => [model, waiting(startedAt)]));
    setShown(new Map(answers.current));
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { shown, put, begin };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Asks several models the same at the same time; whoever leaves the page stops them. */
export function useAnswers() {
  const { chat } = useClient();
  const { shown, put, begin } = useDrawn();
  const running = useRef(new Map<string, AbortController>());
  const [asked, setAsked] = useState<Question | null>(null);

  const stop = useCallback((model?: string) => {
    for (const [name, controller] of running.current)
      if (model === undefined || name === model) controller.abort();
  }, []);
  useEffect(() => () => stop(), [stop]);

  async function run(model: string, question: Question): Promise<void> {
    const controller = new AbortController();
    running.current.set(model, controller);
    const { signal } = controller;
    // What an earlier question still brings belongs to no answer any more.
    const set = (change: (now: Answer) => Answer) => {
      if (running.current.get(model) === controller) put(model, change);
    };
    try {
      for await (const piece of chat.pieces({ ...question, model }, signal)) {
        const at = performance.now();
        set((now) => addPiece(now, piece, at));
      }
      set((now) => ({ ...now, status: "done" }));
    } catch (error) {
      if (signal.aborted) set((now) => ({ ...now, status: "stopped" }));
      else set((now) => ({ ...now, status: "failed", error: messageOf(error) }));
    }
  }

  function ask(models: readonly string[], question: Question): void {
    stop();
    running.current.clear();
    setAsked(question);
    begin(models);
    for (const model of models) void run(model, question);
  }
  return { answers: shown, asked, ask, stop };
}
