import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "./button.tsx";

type Props = { readonly title: string; readonly onClose: () => void; readonly children: ReactNode };

/** Open as long as it is there; Escape closes it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      aria-label={title}
      onCancel={onClose}
      className="m-auto w-[min(36rem,calc(100vw-2rem))] rounded-lg border border-line bg-panel p-5 text-ink"
    >
      <h2 className="mb-3 text-lg font-semibold">{title}</h2>
      {children}
    </dialog>
  );
}

type EndProps = {
  /** What the form does, in a word or two. */
  readonly verb: string;
  readonly isBusy?: boolean;
  readonly disabled?: boolean;
  readonly onClose: () => void;
};

/** The end of a form in a dialog. */
export const FormEnd = ({ verb, isBusy = false, disabled = false, onClose }: EndProps) => (
  <div className="mt-2 flex justify-end gap-2">
    <Button onClick={onClose}>Close</Button>
    <Button kind="primary" type="submit" isBusy={isBusy} disabled={disabled}>
      {verb}
    </Button>
  </div>
);
