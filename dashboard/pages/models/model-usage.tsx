import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient } from "../../session.tsx";
import { Card, Stat } from "../../ui/card.tsx";
import { Chart } from "../../ui/chart.tsx";
import { whole } from "../../ui/format.ts";
import { collect } from "../../ui/list.ts";
import { QueryView } from "../../ui/states.tsx";
import { type Day, daysOf, thirtyDaysAgo } from "./model-facts.ts";

const REFRESH_MS = 10_000;
const sum = (days: readonly Day[], of: "requests" | "tokens") =>
  days.reduce((total, day) => total + day[of], 0);

function Drawn({ days }: { readonly days: readonly Day[] }) {
  const x = useMemo(() => days.map(({ at }) => at), [days]);
  const series = useMemo(() => [{ name: "tokens", values: days.map(({ tokens }) => tokens) }], [days]);
  return <Chart label="Tokens a day" xName="day" x={x} series={series} isTime />;
}

export function ModelUsage({ id }: { readonly id: string }) {
  const client = useClient();
  const found = useQuery({
    queryKey: ["usage", "model", id],
    refetchInterval: REFRESH_MS,
    queryFn: async () => {
      const start_time = thirtyDaysAgo(Date.now());
      const filter = { start_time, bucket_width: "1d", group_by: [], models: [id], limit: 31 } as const;
      return daysOf(await collect(client.usage.buckets(filter)), start_time);
    },
  });
  return (
    <Card title="Usage of the last 30 days">
      <QueryView query={found}>
        {(days) => (
          <>
            <dl className="mb-3 flex flex-wrap gap-x-8 gap-y-3">
              <Stat label="Requests">{whole(sum(days, "requests"))}</Stat>
              <Stat label="Tokens">{whole(sum(days, "tokens"))}</Stat>
            </dl>
            {sum(days, "requests") > 0 ? (
              <Drawn days={days} />
            ) : (
              <p className="text-soft">Nobody asked it.</p>
            )}
          </>
        )}
      </QueryView>
    </Card>
  );
}
