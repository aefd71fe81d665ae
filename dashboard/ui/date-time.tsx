import { local, utc } from "./format.ts";

/** In the reader's zone; in UTC where the pointer rests on it. */
export const DateTime = ({ at }: { readonly at: number | null }) =>
  at === null ? (
    <span className="text-soft">–</span>
  ) : (
    <time dateTime={new Date(at * 1000).toISOString()} title={utc(at)} className="whitespace-nowrap">
      {local(at)}
    </time>
  );
