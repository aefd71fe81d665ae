import { DaysLeft } from "../../ui/days-left.tsx";
import {
  dayPlace,
  type Mark,
  placeOf,
  type Row,
  rowsOf,
  type Span,
  spanOf,
  stretchesOf,
  ticksOf,
} from "./marks.ts";
import { kindNames, kindSigns, kindText, subjectText, whomText, workText } from "./words.ts";

/** Drawn differently, not only coloured differently. */
const looks = {
  open: "border-t-4 border-accent",
  closing: "border-t-4 border-dashed border-warn",
  closed: "border-t-2 border-dotted border-bad",
} as const;

const at = (place: number) => ({ left: `${place}%` });

const happens = ({ what, subject, who }: Mark) => `${subjectText(what, subject)} ${kindText(what, who)}`;

/** All of one day, side by side. */
const Signs = ({
  day,
  marks,
  span,
}: {
  readonly day: string;
  readonly marks: readonly Mark[];
  readonly span: Span;
}) => (
  <span
    className="absolute top-1/2 -translate-1/2 rounded bg-panel px-0.5 leading-none whitespace-nowrap text-ink"
    style={at(dayPlace(day, span))}
    title={`${day}: ${marks.map(happens).join("; ")}`}
  >
    {marks.map(({ what }) => kindSigns[what])}
  </span>
);

const Line = ({ row, span }: { readonly row: Row; readonly span: Span }) => (
  <div className="relative h-7">
    {stretchesOf(row.marks, span).map(({ from, to, look }) => (
      <span
        key={`${from}${look}`}
        className={`absolute top-1/2 -translate-y-1/2 ${looks[look]}`}
        style={{ left: `${from}%`, width: `${to - from}%` }}
      />
    ))}
    {[...Map.groupBy(row.marks, ({ date }) => date)].map(([day, marks]) => (
      <Signs key={day} day={day} marks={marks} span={span} />
    ))}
  </div>
);

const Ruler = ({ span }: { readonly span: Span }) => (
  <div className="relative h-6 text-xs text-soft tabular-nums">
    {ticksOf(span).map((day) => (
      <span key={day} className="absolute -translate-x-1/2 whitespace-nowrap" style={at(dayPlace(day, span))}>
        {day.slice(0, 7)}
      </span>
    ))}
  </div>
);

const Legend = ({ marks }: { readonly marks: readonly Mark[] }) => (
  <p className="mt-2 flex flex-wrap gap-x-4 text-sm text-soft">
    {[...new Set(marks.map(({ what }) => what))].map((what) => (
      <span key={what}>
        {kindSigns[what]} {kindNames[what]}
      </span>
    ))}
    <span>│ today</span>
  </p>
);

/** The drawing; `DateList` says the same in words. */
export function TimeLine({ marks }: { readonly marks: readonly Mark[] }) {
  const now = Date.now();
  const span = spanOf(
    marks.map(({ date }) => date),
    now,
  );
  return (
    <div aria-hidden="true">
      <div className="relative">
        <div className="pointer-events-none absolute inset-y-0 right-0 left-0 sm:left-44">
          <span className="absolute inset-y-0 border-l border-ink" style={at(placeOf(now, span))} />
        </div>
        {rowsOf(marks).map((row) => (
          <div key={row.subject} className="grid sm:grid-cols-[11rem_minmax(0,1fr)] sm:items-center">
            <span
              className="relative max-w-fit truncate bg-panel pr-3 font-medium max-sm:mt-2 max-sm:text-sm"
              title={row.subject}
            >
              {row.subject}
            </span>
            <Line row={row} span={span} />
          </div>
        ))}
      </div>
      <div className="grid sm:grid-cols-[11rem_minmax(0,1fr)]">
        <span />
        <Ruler span={span} />
      </div>
      <Legend marks={marks} />
    </div>
  );
}

function Whom({ mark }: { readonly mark: Mark }) {
  if (mark.hit === null || mark.what === "deprecation") return null;
  const work = workText(mark.hit);
  return (
    <span className="text-soft">
      {whomText(mark.hit)}
      {work && `; ${work}`}
    </span>
  );
}

const Happening = ({ mark }: { readonly mark: Mark }) => (
  <span className="grid min-w-0 break-words">
    <span>
      <span aria-hidden="true">{kindSigns[mark.what]} </span>
      {mark.what === "tuned_models_shutdown" && "models tuned on "}
      <b className="font-medium">{mark.subject}</b> {kindText(mark.what, mark.who)}
      {mark.note && `${mark.what === "policy_stage" ? "" : ","} ${mark.note}`}
    </span>
    <Whom mark={mark} />
  </span>
);

/** Every date in order, with whom it hits. */
export const DateList = ({ marks, label }: { readonly marks: readonly Mark[]; readonly label: string }) => (
  <ol aria-label={label} className="@container grid gap-2">
    {marks.map((mark) => (
      <li
        key={`${mark.date}${mark.subject}${mark.what}`}
        className="grid gap-x-4 border-b border-line pb-2 last:border-0 @xl:grid-cols-[15rem_minmax(0,1fr)]"
      >
        <span className="flex flex-wrap gap-x-4">
          <time dateTime={mark.date} title={`${mark.date} 00:00 UTC`} className="w-24 tabular-nums">
            {mark.date}
          </time>
          <DaysLeft day={mark.date} />
        </span>
        <Happening mark={mark} />
      </li>
    ))}
  </ol>
);
