import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "../../session.tsx";
import type { Answer } from "../playground/answer.ts";
import { followAnswer, useDrawn } from "../playground/follow-answer.ts";
import type { SampleColumn } from "./sample-columns.ts";
import type { Sample } from "./sample-row.ts";

export type Cell = { readonly sample: Sample; readonly column: SampleColumn };
/** Few at a time: others may use these models, too. */
const AT_ONCE = 2;
const DRAW_MS = 100;

export const keyOf = ({ sample, column }: Cell): string => `${column.key} ${JSON.stringify(sample.question)}`;

/** What was stopped or has failed is asked again with those that never were. */
export const isMissing = (answer: Answer | undefined): boolean =>
  answer === undefined || answer.status === "stopped" || answer.status === "failed";

/** Asks models for rows; answers stay as long as the page is open. */
export function useSamples() {
  const { chat } = useClient();
  const { shown, put } = useDrawn(DRAW_MS);
  const running = useRef<AbortController>(undefined);
  const [isAsking, setAsking] = useState(false);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);

  function askOne(cell: Cell, signal: AbortSignal): Promise<void> {
    const request = { ...cell.sample.question, model: cell.column.model };
    return followAnswer(chat, { request, signal }, (answer) => put(keyOf(cell), answer));
  }

  /** Of one model the rows after each other: engines change adapters seldom then. */
  async function ask(cells: readonly Cell[]): Promise<void> {
    stop();
    const controller = new AbortController();
    running.current = controller;
    setAsking(true);
    const left = [...cells];
    const work = async () => {
      for (let cell = left.shift(); cell && !controller.signal.aborted; cell = left.shift())
        await askOne(cell, controller.signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (running.current === controller) setAsking(false);
  }

  return { answers: shown, isAsking, ask, stop };
}
