type Needs = {
  /** So much may wait; who writes more is told that it is full. */
  readonly mostBytes: () => number;
  /** So much more waits, or less. */
  readonly onHeld?: (bytes: number) => void;
  /** It was full, and is no more. */
  readonly onRoom: () => void;
  /** Who read it has left before the end. */
  readonly onLeave: () => void;
};

type Step = IteratorResult<Uint8Array, undefined>;

/** What a piece takes beside its bytes. */
const PIECE_BYTES = 200;

const OVER: Step = { done: true, value: undefined };

/** Bytes on their way from who has them as they come to who reads at its own pace: all that has come, together. */
export function createByteQueue({ mostBytes, onHeld, onRoom, onLeave }: Needs) {
  let pieces: Uint8Array[] = [];
  let heldBytes = 0;
  let isFull = false;
  let ended: "open" | "done" | "failed" | "left" = "open";
  let failure: unknown;
  let reader: PromiseWithResolvers<Step> | null = null;
  let isDue = false;

  function drop(): void {
    pieces = [];
    onHeld?.(-heldBytes);
    heldBytes = 0;
  }

  function take(): Step {
    const [first] = pieces;
    const value = first && pieces.length === 1 ? first : Buffer.concat(pieces);
    drop();
    if (isFull) {
      isFull = false;
      onRoom();
    }
    return { done: false, value };
  }

  function deliver(): void {
    isDue = false;
    const waiting = reader;
    reader = null;
    if (pieces.length > 0) waiting?.resolve(take());
    else if (ended === "failed") waiting?.reject(failure);
    else waiting?.resolve(OVER);
  }

  /** A moment later, so that what comes at the same time comes together. */
  function announce(): void {
    if (!reader || isDue) return;
    isDue = true;
    queueMicrotask(deliver);
  }

  function end(how: "done" | "failed" | "left"): void {
    if (ended !== "open") return;
    ended = how;
    announce();
  }

  function next(): Promise<Step> {
    if (pieces.length > 0) return Promise.resolve(take());
    if (ended === "failed") return Promise.reject(failure);
    if (ended !== "open") return Promise.resolve(OVER);
    reader = Promise.withResolvers<Step>();
    return reader.promise;
  }

  async function leave(): Promise<Step> {
    const wasOpen = ended === "open";
    end("left");
    drop();
    if (wasOpen) onLeave();
    return OVER;
  }

  return {
    /** false: it is full. What is written all the same is kept. */
    write(bytes: Uint8Array): boolean {
      if (ended !== "open") return true;
      pieces.push(bytes);
      const taken = bytes.length + PIECE_BYTES;
      heldBytes += taken;
      onHeld?.(taken);
      isFull ||= heldBytes > mostBytes();
      announce();
      return !isFull;
    },
    end: () => end("done"),
    fail(error: unknown): void {
      failure ??= error;
      end("failed");
    },
    /** For one reader, once. */
    bytes: { [Symbol.asyncIterator]: () => ({ next, return: leave }) } satisfies AsyncIterable<Uint8Array>,
  };
}
export type ByteQueue = ReturnType<typeof createByteQueue>;
