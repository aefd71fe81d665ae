import type { ServerResponse } from "node:http";
import type { Caller } from "./caller.ts";

export type Headers = Readonly<Record<string, string>>;

/** A request that asks for an answer, whatever carries it. */
export type Exchange = {
  readonly requestId: string;
  readonly caller: Caller;
  /** Headers of the answer, whatever it will be. */
  setHeaders(headers: Headers): void;
  /** Calls `onLeave` when the connection ends before the answer does. */
  whenLeft(onLeave: () => void): void;
  hasLeft(): boolean;
};

/** Calls `onLeave` when the connection ends before the answer does. */
export function whenLeft(outgoing: ServerResponse, onLeave: () => void): void {
  if (outgoing.closed) onLeave();
  else
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) onLeave();
    });
}

export const hasLeft = (outgoing: ServerResponse): boolean => outgoing.closed && !outgoing.writableFinished;

/** Aborted when the client goes away; streams tell of it by their cancel, too. */
export function leavingOf(exchange: Pick<Exchange, "whenLeft">): AbortController {
  const gone = new AbortController();
  exchange.whenLeft(() => gone.abort());
  return gone;
}
