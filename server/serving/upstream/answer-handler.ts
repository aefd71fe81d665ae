import type { Dispatcher } from "undici";
import { type ByteQueue, createByteQueue } from "../../platform/byte-queue.ts";

export type Answer = {
  readonly status: number;
  readonly retryAfterSeconds: number;
  readonly body: AsyncIterable<Uint8Array>;
};

type Needs = {
  readonly signal: AbortSignal;
  readonly onAnswer: (answer: Answer) => void;
  /** There will be no answer. */
  readonly onFailure: (error: unknown) => void;
  /** What is to be said of it. */
  readonly explain: (cause: unknown) => unknown;
};

/** Beyond it the upstream is read no further. */
const mostBytes = () => 64 * 1024;

const secondsOf = (header: string | string[] | undefined): number => {
  const seconds = Math.ceil(Number(header));
  return seconds >= 1 && seconds <= 3600 ? seconds : 1;
};

const asError = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)));
const left = new Error("Nobody reads the answer.");

/** Takes an answer from the connection as it is parsed: a stream object for each would cost as much again. */
export function createAnswerHandler({
  signal,
  onAnswer,
  onFailure,
  explain,
}: Needs): Dispatcher.DispatchHandler {
  let controller: Dispatcher.DispatchController | null = null;
  let queue: ByteQueue | null = null;

  /** It may still wait for a connection. */
  function leave(): void {
    controller?.abort(asError(signal.reason));
    onFailure(signal.reason);
  }
  signal.addEventListener("abort", leave, { once: true });
  const forget = () => signal.removeEventListener("abort", leave);

  return {
    onRequestStart(started): void {
      controller = started;
      if (signal.aborted) started.abort(asError(signal.reason));
    },
    onResponseStart(started, status, headers): void {
      if (status < 200) return;
      const onLeave = () => started.abort(left);
      queue = createByteQueue({ mostBytes, onRoom: () => started.resume(), onLeave });
      onAnswer({ status, retryAfterSeconds: secondsOf(headers["retry-after"]), body: queue.bytes });
    },
    onResponseData(started, bytes): void {
      if (queue && !queue.write(bytes)) started.pause();
    },
    onResponseEnd(): void {
      forget();
      queue?.end();
    },
    onResponseError(_, cause): void {
      forget();
      const error = explain(cause);
      if (queue) queue.fail(error);
      else onFailure(error);
    },
  };
}
