/** In so many pieces silence is counted: a server that itself stood still takes that for one of them. */
const PIECES = 10;

/** Calls once when nothing was heard for so long; silent until the first `hear`. */
export function createWatchdog(silenceMs: number, onSilence: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const rest = () => clearInterval(timer);

  function hear(): void {
    let left = PIECES;
    rest();
    timer = setInterval(() => {
      left -= 1;
      if (left > 0) return;
      rest();
      onSilence();
    }, silenceMs / PIECES);
  }

  /** `rest`: somebody is busy with what was heard. */
  return { hear, rest, [Symbol.dispose]: rest };
}
