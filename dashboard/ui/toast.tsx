import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

type Toast = { readonly id: number; readonly text: string; readonly isBad: boolean };
type Tell = (text: string, isBad?: boolean) => void;
const Context = createContext<Tell>(() => {});

/** Tells what was done, or why it was not. */
export const useToast = (): Tell => useContext(Context);

const SHOWN_MS = 6_000;
let made = 0;

export function Toasts({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const tell = useCallback((text: string, isBad = false) => {
    made += 1;
    const toast = { id: made, text, isBad };
    setToasts((now) => [...now, toast]);
    setTimeout(() => setToasts((now) => now.filter((one) => one !== toast)), SHOWN_MS);
  }, []);
  return (
    <Context value={tell}>
      {children}
      <div aria-live="polite" className="fixed right-4 bottom-4 z-20 grid max-w-sm gap-2">
        {toasts.map(({ id, text, isBad }) => (
          <p
            key={id}
            className={`rounded-md border bg-panel px-4 py-2 shadow-lg ${isBad ? "border-bad" : "border-line"}`}
          >
            {text}
          </p>
        ))}
      </div>
    </Context>
  );
}
