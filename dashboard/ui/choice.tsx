import { Select } from "./field.tsx";

type Props<Value extends string> = {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [Value, string])[];
  readonly onPick: (value: Value) => void;
};

/** One of a few, with its name above. */
export const Choice = <Value extends string>({ label, value, options, onPick }: Props<Value>) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the select is within
  <label className="grid gap-1 text-sm font-medium">
    {label}
    <Select
      value={value}
      className="font-normal"
      onChange={(event) => {
        const picked = options.find(([one]) => one === event.target.value);
        if (picked) onPick(picked[0]);
      }}
    >
      {options.map(([one, name]) => (
        <option key={one} value={one}>
          {name}
        </option>
      ))}
    </Select>
  </label>
);
