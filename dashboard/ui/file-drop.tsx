import { type DragEvent, useEffect, useId, useState } from "react";

type Props = {
  readonly label: string;
  readonly hint: string;
  /** As an input of files has it, such as ".jsonl". */
  readonly accept?: string;
  readonly onFile: (file: File) => void;
};

const prevent = (event: Event) => event.preventDefault();

/** A file dropped beside the place for it would be opened instead of the page. */
function useNoStrayDrop() {
  useEffect(() => {
    addEventListener("dragover", prevent);
    addEventListener("drop", prevent);
    return () => {
      removeEventListener("dragover", prevent);
      removeEventListener("drop", prevent);
    };
  }, []);
}

/** A place to drop a file on; also a button that opens the system's own chooser. */
export function FileDrop({ label, hint, accept, onFile }: Props) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  useNoStrayDrop();
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file) onFile(file);
  };
  const over = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <label
      htmlFor={id}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={`grid cursor-pointer justify-items-center gap-1 rounded-lg border-2 border-dashed px-4 py-8 text-center has-focus-visible:outline-2 has-focus-visible:outline-accent ${isOver ? "border-accent bg-sunk" : "border-line bg-panel"}`}
    >
      <span className="font-medium text-accent">{label}</span>
      <span className="text-sm text-soft">{hint}</span>
      <input
        id={id}
        type="file"
        className="sr-only"
        {...(accept ? { accept } : {})}
        onChange={(event) => {
          take(event.target.files);
          // So that the same file, mended, can be chosen again.
          event.target.value = "";
        }}
      />
    </label>
  );
}
