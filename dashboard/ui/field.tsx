import {
  cloneElement,
  type InputHTMLAttributes,
  isValidElement,
  type ReactElement,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";

type FieldProps = {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** One input, select or textarea. */
  readonly children: ReactElement<{ id?: string; "aria-describedby"?: string; "aria-invalid"?: boolean }>;
};

/** A label, an input, and what is to be known or wrong about it, told to screen readers too. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  const input = isValidElement(children)
    ? cloneElement(children, { id, "aria-describedby": about, "aria-invalid": error !== undefined })
    : children;
  return (
    <div className="grid content-start gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {input}
      <p
        id={about}
        className={`text-sm ${error ? "text-bad" : "text-soft"}`}
        role={error ? "alert" : undefined}
      >
        {error ?? hint}
      </p>
    </div>
  );
}

const box =
  "w-full rounded-md border border-line bg-panel px-2.5 py-1.5 text-ink placeholder:text-soft aria-invalid:border-bad";

export const Input = (props: InputHTMLAttributes<HTMLInputElement>) => (
  <input {...props} className={`${box} ${props.className ?? ""}`} />
);
export const Select = (props: SelectHTMLAttributes<HTMLSelectElement>) => (
  <select {...props} className={`${box} ${props.className ?? ""}`} />
);
export const Textarea = (props: TextareaHTMLAttributes<HTMLTextAreaElement>) => (
  <textarea {...props} className={`${box} font-mono text-sm ${props.className ?? ""}`} />
);
