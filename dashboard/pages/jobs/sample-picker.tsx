import { useState } from "react";
import { Input } from "../../ui/field.tsx";
import { whole } from "../../ui/format.ts";
import type { Sample } from "./sample-row.ts";

export const MOST_ROWS = 5;
const MOST_SHOWN = 20;

const isFound = ({ asks, expected }: Sample, words: string) =>
  `${asks} ${expected}`.toLowerCase().includes(words.toLowerCase());

type Props = {
  readonly samples: readonly Sample[];
  readonly picked: readonly number[];
  readonly onPick: (lines: readonly number[]) => void;
};

/** The rows of the file, found by their words. */
export function SamplePicker({ samples, picked, onPick }: Props) {
  const [words, setWords] = useState("");
  const found = samples.filter((sample) => isFound(sample, words));
  const turn = (line: number) =>
    onPick(picked.includes(line) ? picked.filter((one) => one !== line) : [...picked, line]);
  return (
    <div className="grid gap-2">
      <Input
        aria-label="Find a row"
        placeholder="Find rows by their words"
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      <ul className="grid max-h-72 overflow-y-auto rounded-md border border-line" aria-label="Rows">
        {found.slice(0, MOST_SHOWN).map(({ line, asks, expected }) => (
          <li key={line} className="border-b border-line last:border-0">
            <label className="grid cursor-pointer grid-cols-[auto_3rem_minmax(0,1fr)] gap-2 px-3 py-1.5 hover:bg-sunk">
              <input
                type="checkbox"
                checked={picked.includes(line)}
                disabled={!picked.includes(line) && picked.length >= MOST_ROWS}
                onChange={() => turn(line)}
              />
              <span className="text-soft tabular-nums">{line}</span>
              <span className="min-w-0">
                <span className="block truncate">{asks}</span>
                <span className="block truncate text-sm text-soft">{expected}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      <p className="text-sm text-soft">
        {found.length > MOST_SHOWN
          ? `The first ${MOST_SHOWN} of ${whole(found.length)} rows. `
          : `${whole(found.length)} rows. `}
        Pick up to {MOST_ROWS}.
      </p>
    </div>
  );
}
