import { useState } from "react";
import { copy } from "./copy.ts";

export function CopyButton({ text, label = "Copy" }: { readonly text: string; readonly label?: string }) {
  const [isDone, setDone] = useState(false);
  const press = async () => {
    await copy(text);
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return (
    <button
      type="button"
      onClick={() => void press()}
      className="cursor-pointer rounded px-1.5 py-0.5 text-sm text-accent hover:underline"
    >
      <span aria-live="polite">{isDone ? "Copied" : label}</span>
    </button>
  );
}

/** Text to type or to read as it is, with a button that copies it. */
export const Code = ({ text }: { readonly text: string }) => (
  <div className="flex max-w-full items-start gap-2 rounded-md bg-sunk py-1.5 pr-1 pl-3 text-left">
    <pre className="min-w-0 font-mono text-sm whitespace-pre-wrap wrap-anywhere">{text}</pre>
    <CopyButton text={text} />
  </div>
);
