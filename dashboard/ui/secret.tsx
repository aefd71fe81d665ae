import { Button } from "./button.tsx";
import { Code } from "./code.tsx";
import { Dialog } from "./dialog.tsx";

type Props = {
  readonly title: string;
  readonly value: string;
  readonly hint: string;
  readonly onClose: () => void;
};

/** A value that the server shows once; it is gone from the page with the dialog. */
export const Secret = ({ title, value, hint, onClose }: Props) => (
  <Dialog title={title} onClose={onClose}>
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <p>Copy it now: it is shown this once and kept nowhere.</p>
      <Code text={value} />
      <p className="text-sm text-soft">{hint}</p>
      <Button className="justify-self-end" onClick={onClose}>
        I have it
      </Button>
    </div>
  </Dialog>
);
