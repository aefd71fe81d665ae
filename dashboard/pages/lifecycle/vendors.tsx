import { useQuery } from "@tanstack/react-query";
import { Calendars, type Deprecation } from "../../../contract/deprecations.ts";
import { useClient } from "../../session.tsx";
import { StatusBadge } from "../../ui/badge.tsx";
import { DaysLeft } from "../../ui/days-left.tsx";
import { Filters } from "../../ui/filters.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { found, nextDay } from "./calendar.ts";
import { dayOf } from "./day.ts";
import { Ending } from "./ending.tsx";
import { Feeds } from "./feeds.tsx";

const vendorNames: Readonly<Record<Deprecation["vendor"], string>> = {
  own: "this server",
  openai: "OpenAI",
  azure: "Azure",
};

const columns = (today: string, open: (id: string) => void): readonly Column<Deprecation>[] => [
  { title: "Ends", cell: (entry) => nextDay(entry, today), width: "7.5rem" },
  { title: "Left", cell: (entry) => <DaysLeft day={nextDay(entry, today)} />, width: "9rem", isExtra: true },
  {
    title: "What",
    cell: ({ id, subject }) => (
      <button
        type="button"
        className="max-w-full cursor-pointer truncate text-left text-accent hover:underline"
        onClick={() => open(id)}
      >
        {subject}
      </button>
    ),
    width: "minmax(0, 2fr)",
  },
  { title: "At", cell: ({ vendor }) => vendorNames[vendor], width: "7rem", isExtra: true },
  { title: "State", cell: ({ state }) => <StatusBadge status={state} />, width: "10rem", isExtra: true },
  { title: "Then", cell: ({ successor }) => successor ?? "–", isExtra: true },
];

type FilterProps = {
  readonly text: string;
  readonly vendor: string;
  readonly withOver: boolean;
  onText(text: string): void;
  onVendor(vendor: string): void;
  onOver(withOver: boolean): void;
};

const Filter = ({ text, vendor, withOver, onText, onVendor, onOver }: FilterProps) => (
  <Filters
    find={{
      label: "Find what ends",
      placeholder: "Find a model or endpoint, such as gpt-4o",
      value: text,
      onChange: onText,
    }}
    pick={{
      label: "Whose",
      value: vendor,
      options: [["all", "Every vendor"], ...Object.entries(vendorNames)],
      onChange: onVendor,
    }}
  >
    <label className="flex items-baseline gap-2">
      <input
        type="checkbox"
        className="accent-(--accent)"
        checked={withOver}
        onChange={({ target }) => onOver(target.checked)}
      />
      also what is over
    </label>
  </Filters>
);

/** What ends when, here and at the vendors that people come from. */
export function Vendors() {
  const client = useClient();
  const [text, setText] = useUrlState("find");
  const [asked, setVendor] = useUrlState("vendor", "all");
  const [over, setOver] = useUrlState("over");
  const [id, setId] = useUrlState("entry");
  const vendor = Calendars.catch("all").parse(asked);
  const entries = useQuery({
    queryKey: ["lifecycle", "calendar", vendor],
    queryFn: ({ signal }) => client.deprecations.list({ vendor }, signal),
  });
  const today = dayOf(Date.now());
  const shown = entries.data?.find((entry) => entry.id === id);
  return (
    <>
      <Filter
        text={text}
        vendor={vendor}
        withOver={over !== ""}
        onText={setText}
        onVendor={setVendor}
        onOver={(isOn) => setOver(isOn ? "1" : "")}
      />
      <QueryView query={entries}>
        {(all) => {
          const rows = found(all, { text, withOver: over !== "", today });
          if (rows.length === 0)
            return (
              <Empty title="Nothing like that has a date ahead." command="npx perennial deprecations --all">
                Tick “also what is over” to see what has ended.
              </Empty>
            );
          return (
            <Table
              label="What ends"
              columns={columns(today, setId)}
              rows={rows}
              keyOf={(entry) => entry.id}
            />
          );
        }}
      </QueryView>
      <Feeds vendor={vendor} />
      {shown && <Ending entry={shown} onClose={() => setId("")} />}
    </>
  );
}
