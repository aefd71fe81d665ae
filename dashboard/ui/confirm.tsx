import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

type Props = {
  readonly title: string;
  /** What the button does, in a word or two. */
  readonly verb: string;
  /** What the other button does. */
  readonly otherwise?: string;
  readonly isBusy?: boolean;
  readonly error?: string | undefined;
  readonly onYes: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** Asked once before what cannot be taken back. */
export const Confirm = ({
  title,
  verb,
  otherwise = "Go back",
  isBusy = false,
  error,
  onYes,
  onClose,
  children,
}: Props) => (
  <Dialog title={title} onClose={onClose}>
    <div className="mb-4 grid gap-2 break-words">
      {children}
      {error && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
    </div>
    <div className="flex justify-end gap-2">
      <Button onClick={onClose}>{otherwise}</Button>
      <Button kind="danger" isBusy={isBusy} onClick={onYes}>
        {verb}
      </Button>
    </div>
  </Dialog>
);
