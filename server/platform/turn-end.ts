let turn: Promise<void> | null = null;

/**
 * Resolves at the end of this turn of the event loop, for all who wait for it together. A write to a connection wakes
 * who reads it, which costs more than the write: where many are written one after the other, most find their reader awake.
 */
export function turnEnd(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = null;
      resolve();
    });
  });
  return turn;
}
