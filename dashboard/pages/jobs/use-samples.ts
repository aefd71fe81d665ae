import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "../../session.tsx";
import { type Answer, addPiece, waiting } from "../playground/answer.ts";
import type { SampleColumn } from "./sample-columns.ts";
import type { Sample } from "./sample-row.ts";

export type Cell = { readonly sample: Sample; readonly column: SampleColumn };
/** Answers by the key of their cell. */
export type Cells = ReadonlyMap<string, Answer>;

/** Few at a time: others may use these models, too. */
const AT_ONCE = 2;
/** Drawn at most so often, however fast the models are. */
const DRAW_MS = 100;

export const keyOf = ({ sample, column }: Cell): string => `${column.key} ${JSON.stringify(sample.question)}`;

/** What was stopped or has failed is asked again with those that never were. */
export const isMissing = (answer: Answer | undefined): boolean =>
  answer === undefined || answer.status === "stopped" || answer.status === "failed";

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Kept outside of what is drawn, so that many pieces are one drawing. */
function useCells() {
  const cells = useRef(new Map<string, Answer>());
  const [shown, setShown] = useState<Cells>(new Map());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const put = useCallback((key: string, answer: Answer) => {
    cells.current.set(key, answer);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(new Map(cells.current));
    }, DRAW_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { shown, put };
}

/** Asks models for rows; answers stay as long as the page is open. */
export function useSamples() {
  const { chat } = useClient();
  const { shown, put } = useCells();
  const running = useRef<AbortController>(undefined);
  const [isAsking, setAsking] = useState(false);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);

  async function askOne(cell: Cell, signal: AbortSignal): Promise<void> {
    const key = keyOf(cell);
    let answer = waiting(performance.now());
    put(key, answer);
    try {
      const request = { ...cell.sample.question, model: cell.column.model };
      for await (const piece of chat.pieces(request, signal)) {
        answer = addPiece(answer, piece, performance.now());
        put(key, answer);
      }
      put(key, { ...answer, status: "done" });
    } catch (error) {
      const end = signal.aborted ? { status: "stopped" as const } : { status: "failed" as const };
      put(key, { ...answer, ...end, error: signal.aborted ? null : messageOf(error) });
    }
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
