import type { ReactNode } from "react";
import { Input, Select } from "./field.tsx";

type Props = {
  /** What is typed to find, and its name for whoever does not see the field. */
  readonly find: {
    readonly label: string;
    readonly placeholder: string;
    readonly value: string;
    readonly onChange: (text: string) => void;
  };
  /** One of a few; each with its name. */
  readonly pick: {
    readonly label: string;
    readonly value: string;
    readonly options: readonly (readonly [string, string])[];
    readonly onChange: (value: string) => void;
  };
  readonly children?: ReactNode;
};

/** What a list shows: by words, by one choice, and by what else it has. */
export const Filters = ({ find, pick, children }: Props) => (
  <div
    className={`grid items-center gap-3 ${children ? "sm:grid-cols-[minmax(0,1fr)_12rem_auto]" : "sm:grid-cols-[minmax(0,1fr)_12rem]"}`}
  >
    <Input
      aria-label={find.label}
      placeholder={find.placeholder}
      value={find.value}
      onChange={(event) => find.onChange(event.target.value)}
    />
    <Select
      aria-label={pick.label}
      value={pick.value}
      onChange={(event) => pick.onChange(event.target.value)}
    >
      {pick.options.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </Select>
    {children}
  </div>
);
