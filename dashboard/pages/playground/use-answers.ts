import { useCallback, useEffect, useRef, useState } from "react";
import type { ChatRequest } from "../../../contract/chat.ts";
import { useClient } from "../../session.tsx";
import { followAnswer, useDrawn } from "./follow-answer.ts";

const DRAW_MS = 50;
export type Question = Omit<ChatRequest, "model">;

/** Asks several models the same at the same time; whoever leaves the page stops them. */
export function useAnswers() {
  const { chat } = useClient();
  const { shown, put, begin } = useDrawn(DRAW_MS);
  const running = useRef(new Map<string, AbortController>());
  const [asked, setAsked] = useState<Question | null>(null);

  const stop = useCallback((model?: string) => {
    for (const [name, controller] of running.current)
      if (model === undefined || name === model) controller.abort();
  }, []);
  useEffect(() => () => stop(), [stop]);

  function run(model: string, question: Question): Promise<void> {
    const controller = new AbortController();
    running.current.set(model, controller);
    const { signal } = controller;
    return followAnswer(chat, { request: { ...question, model }, signal }, (answer) => {
      // What an earlier question still brings belongs to no answer any more.
      if (running.current.get(model) === controller) put(model, answer);
    });
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
