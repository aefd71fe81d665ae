import { useSyncExternalStore } from "react";

const narrow = matchMedia("(max-width: 640px)");

function subscribe(onChange: () => void): () => void {
  narrow.addEventListener("change", onChange);
  return () => narrow.removeEventListener("change", onChange);
}

/** Whether the window is a telephone's; it follows a window that is turned or drawn wider. */
export const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);
