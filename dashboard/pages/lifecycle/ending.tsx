import type { Deprecation } from "../../../contract/deprecations.ts";
import { Button } from "../../ui/button.tsx";
import { DaysLeft } from "../../ui/days-left.tsx";
import { Dialog } from "../../ui/dialog.tsx";

const whats: Readonly<Record<Deprecation["dates"][number]["what"], string>> = {
  training_ends: "training ends",
  read_only: "read only",
  stage: "a stage",
  shutdown: "shutdown",
  tuned_shutdown: "its tuned models end",
};

const Fact = ({ name, text }: { readonly name: string; readonly text: string | null }) =>
  text === null || text === "" ? null : (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0 break-words">{text}</dd>
    </>
  );

const Dates = ({ entry }: { readonly entry: Deprecation }) => (
  <ol className="mb-3 grid gap-1">
    {entry.dates.map(({ what, date, note }) => (
      <li key={what + date} className="flex flex-wrap gap-x-3">
        <span className="tabular-nums">{date}</span>
        <span>
          {whats[what]} {note}
        </span>
        <DaysLeft day={date} />
      </li>
    ))}
  </ol>
);

const sureness = { documented: "as the vendor says", secondary: "confirmed only by others" } as const;

/** All that is known of one thing's end. */
export function Ending({ entry, onClose }: { readonly entry: Deprecation; onClose(): void }) {
  const { matches, earlier_dates: earlier, url } = entry;
  return (
    <Dialog title={entry.subject} onClose={onClose}>
      <Dates entry={entry} />
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        <Fact name="Announced" text={entry.announced_at} />
        <Fact name="Successor" text={entry.successor} />
        <Fact name="Perennial has" text={entry.perennial} />
        <Fact name="Also called" text={matches.aliases.join(", ")} />
        <Fact name="Moved from" text={earlier.map(({ date }) => date).join(", ")} />
        <Fact name="It says" text={entry.message} />
        <Fact name="Source" text={entry.source} />
        <Fact name="How sure" text={entry.certainty && sureness[entry.certainty]} />
      </dl>
      <div className="mt-4 flex flex-wrap items-center gap-4">
        <Button onClick={onClose}>Close</Button>
        {url && entry.vendor !== "own" && (
          <a href={url} target="_blank" rel="noreferrer" className="text-accent underline">
            Read the source
          </a>
        )}
      </div>
    </Dialog>
  );
}
