import { daysUntil } from "./days-until.ts";

const SOON = 30;

const leftText = (days: number): string => {
  if (days <= 0) return "has come";
  return days === 1 ? "1 day left" : `${days.toLocaleString("en-US")} days left`;
};

/** How long until a day, `YYYY-MM-DD`, begins in UTC; a sign beside it where that is soon. */
export function DaysLeft({ day }: { readonly day: string | null }) {
  if (day === null) return <span className="text-soft">no end</span>;
  const days = daysUntil(day, Date.now() / 1000);
  const isSoon = days > 0 && days <= SOON;
  return (
    <span className={isSoon ? "whitespace-nowrap font-medium text-warn" : "whitespace-nowrap text-soft"}>
      {isSoon && <span aria-hidden="true">! </span>}
      {leftText(days)}
    </span>
  );
}
