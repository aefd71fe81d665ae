import { useQuery } from "@tanstack/react-query";
import type { Client } from "../../../client/client.ts";
import { organization } from "../../organization.ts";
import { useSession } from "../../session.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { Chart } from "../../ui/chart.tsx";
import { Choice } from "../../ui/choice.tsx";
import { whole } from "../../ui/format.ts";
import { collect } from "../../ui/list.ts";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { useNames } from "./names.ts";
import { Requests } from "./requests.tsx";
import {
  GROUPS,
  type Group,
  linesOf,
  MEASURES,
  type Measure,
  RANGES,
  type RangeName,
  type Row,
  startsOf,
  together,
  totals,
} from "./sums.ts";

const REFRESH_MS = 10_000;
const LINES = 5;

const groupNames: Record<Group, string> = { model: "Model", project: "Project", key: "Key" };
const rangeOptions = Object.entries(RANGES).map(([name, { title }]) => [name as RangeName, title] as const);
const measureOptions = Object.entries(MEASURES) as [Measure, string][];

/** Where the address says something else, the first. */
const known = <Value extends string>(all: object, value: string, first: Value): Value =>
  Object.hasOwn(all, value) ? (value as Value) : first;

/** An admin sees one project, or asks in none for all of the organization. */
function useScope(): { client: Client; isAll: boolean; setAll: (isAll: boolean) => void; mayAll: boolean } {
  const { client, who } = useSession();
  const [scope, setScope] = useUrlState("scope");
  const mayAll = who.kind === "admin";
  const isAll = mayAll && scope === "all";
  return {
    client: isAll ? organization : client,
    isAll,
    mayAll,
    setAll: (all) => setScope(all ? "all" : ""),
  };
}

function useBuckets(client: Client, isAll: boolean, { range, group }: { range: RangeName; group: Group }) {
  return useQuery({
    queryKey: ["usage", isAll, range, group],
    refetchInterval: REFRESH_MS,
    queryFn: async () => {
      const starts = startsOf(range, Math.floor(Date.now() / 1000));
      const { width, page } = RANGES[range];
      const filter = { start_time: starts[0] ?? 0, bucket_width: width, limit: page } as const;
      const buckets = await collect(client.usage.buckets({ ...filter, group_by: [GROUPS[group]] }));
      return { starts, buckets };
    },
  });
}

const columns = (group: Group, nameOf: (id: string) => string): readonly Column<Row>[] => [
  {
    title: groupNames[group],
    cell: ({ name }) => <ModelName id={nameOf(name)} />,
    width: "minmax(0, 1.5fr)",
  },
  { title: "Requests", cell: (row) => whole(row.requests), isNumber: true, width: "minmax(5.5rem, 0.7fr)" },
  { title: "In", cell: (row) => whole(row.input), isNumber: true, isExtra: true },
  { title: "Out", cell: (row) => whole(row.output), isNumber: true, isExtra: true },
  { title: "Cached", cell: (row) => whole(row.cached), isNumber: true, isExtra: true },
];

type PlotsProps = { readonly client: Client; readonly isAll: boolean } & Record<"group", Group> &
  Record<"measure", Measure> &
  Record<"range", RangeName>;

function Plots({ client, isAll, range, group, measure }: PlotsProps) {
  const found = useBuckets(client, isAll, { range, group });
  const nameOf = useNames(group);
  return (
    <Card title={`${MEASURES[measure]} by ${groupNames[group].toLowerCase()}`}>
      <QueryView
        query={found}
        isEmpty={({ buckets }) => buckets.every(({ results }) => results.length === 0)}
        empty={
          <Empty title="Nothing was used in this time" command="npx perennial chat --help">
            Ask a model in the playground or at the command line; it is counted at once.
          </Empty>
        }
      >
        {({ starts, buckets }) => {
          const rows = totals(buckets, group, measure);
          const sum = together(rows);
          const lines = linesOf({ buckets, group, measure, starts, most: LINES });
          const series = lines.map(({ name, values }) => ({ name: nameOf(name), values }));
          return (
            <div className="grid gap-4">
              <dl className="flex flex-wrap gap-x-8 gap-y-3">
                {measureOptions.map(([name, title]) => (
                  <Stat key={name} label={title}>
                    {whole(sum[name])}
                  </Stat>
                ))}
              </dl>
              <Chart label={MEASURES[measure]} xName="time" x={starts} series={series} isTime />
              <Table
                label="Totals of requests and tokens"
                columns={columns(group, nameOf)}
                rows={rows}
                keyOf={({ name }) => name}
              />
            </div>
          );
        }}
      </QueryView>
    </Card>
  );
}

function Choices(props: Omit<PlotsProps, "client"> & { mayAll: boolean; setAll: (isAll: boolean) => void }) {
  const { range, group, measure, isAll, mayAll, setAll } = props;
  const [, setRange] = useUrlState("range", "7d");
  const [, setGroup] = useUrlState("by", "model");
  const [, setMeasure] = useUrlState("of", "requests");
  const groups: Group[] = isAll ? ["model", "project", "key"] : ["model", "key"];
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
      <Choice label="Period" value={range} options={rangeOptions} onPick={setRange} />
      <Choice label="Count" value={measure} options={measureOptions} onPick={setMeasure} />
      <Choice
        label="By"
        value={group}
        options={groups.map((one) => [one, groupNames[one]] as const)}
        onPick={setGroup}
      />
      {mayAll && (
        <Choice
          label="For"
          value={isAll ? "all" : "one"}
          options={[
            ["one", "this project"],
            ["all", "all projects"],
          ]}
          onPick={(scope) => setAll(scope === "all")}
        />
      )}
    </div>
  );
}

export default function Usage() {
  const { client, isAll, mayAll, setAll } = useScope();
  const [range] = useUrlState("range", "7d");
  const [by] = useUrlState("by", "model");
  const [of] = useUrlState("of", "requests");
  const group = known<Group>(GROUPS, by, "model");
  const chosen = {
    range: known<RangeName>(RANGES, range, "7d"),
    group: group === "project" && !isAll ? "model" : group,
    measure: known<Measure>(MEASURES, of, "requests"),
    isAll,
  } as const;
  return (
    <Page title="Usage">
      <Choices {...chosen} mayAll={mayAll} setAll={setAll} />
      <Plots {...chosen} client={client} />
      <Requests client={client} isAll={isAll} />
    </Page>
  );
}
