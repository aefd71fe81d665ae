const isShown = () => document.visibilityState !== "hidden";

/** Waits until the page can be seen, or the signal aborts. */
export const untilShown = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (isShown() || signal.aborted) return done();
    const seen = new AbortController();
    const look = () => {
      if (!isShown() && !signal.aborted) return;
      seen.abort();
      done();
    };
    document.addEventListener("visibilitychange", look, { signal: seen.signal });
    signal.addEventListener("abort", look, { signal: seen.signal });
  });

/** Aborts when the page can no longer be seen: another tab, another address, a window put away; or with `signal`. */
export function untilHidden(signal: AbortSignal): AbortSignal {
  const hidden = new AbortController();
  const look = () => {
    if (!isShown() || signal.aborted) hidden.abort();
  };
  document.addEventListener("visibilitychange", look, { signal: hidden.signal });
  signal.addEventListener("abort", look, { signal: hidden.signal });
  return hidden.signal;
}
