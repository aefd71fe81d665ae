import { useQuery } from "@tanstack/react-query";
import { take } from "../../../client/pages.ts";
import type { RequestObject } from "../../../contract/usage.ts";
import { useClient } from "../../session.tsx";
import { useAddress } from "../../ui/address.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { whole } from "../../ui/format.ts";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { milliseconds, RequestStatus } from "../usage/request-words.tsx";
import { MoreLink } from "./more-link.tsx";

const REFRESH_MS = 5_000;
const SHOWN = 10;
const wide = "hidden md:table-cell";
const titles = [
  ["Status", "pr-4 text-left"],
  ["Model", "w-full pr-4 text-left"],
  ["Ended", `pr-4 text-left ${wide}`],
  ["In", "pr-4 text-right"],
  ["Out", "text-right"],
  ["First token", `pl-4 text-right ${wide}`],
  ["Took", `pl-4 text-right ${wide}`],
] as const;

const Row = ({ request }: { readonly request: RequestObject }) => (
  <tr className="border-t border-line">
    <td className="py-1.5 pr-4">
      <RequestStatus status={request.status} />
    </td>
    <td className="max-w-0 truncate pr-4">
      <ModelName id={request.model} />
    </td>
    <td className={`pr-4 text-soft ${wide}`}>
      <DateTime at={request.created_at} />
    </td>
    <td className="pr-4 text-right tabular-nums">{whole(request.input_tokens)}</td>
    <td className="text-right tabular-nums">{whole(request.output_tokens)}</td>
    <td className={`pl-4 text-right whitespace-nowrap tabular-nums ${wide}`}>
      {request.time_to_first_token_ms === null ? "–" : milliseconds(request.time_to_first_token_ms)}
    </td>
    <td className={`pl-4 text-right whitespace-nowrap tabular-nums ${wide}`}>
      {milliseconds(request.duration_ms)}
    </td>
  </tr>
);

const Requests = ({ all }: { readonly all: readonly RequestObject[] }) => (
  <table className="w-full text-sm">
    <thead>
      <tr className="text-soft">
        {titles.map(([title, look]) => (
          <th key={title} scope="col" className={`pb-1.5 font-normal whitespace-nowrap ${look}`}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {all.map((request) => (
        <Row key={request.id} request={request} />
      ))}
    </tbody>
  </table>
);

/** The newest requests for answers, and what they took. */
export function RecentRequests() {
  const client = useClient();
  const address = useAddress();
  const requests = useQuery({
    queryKey: ["requests", "newest"],
    refetchInterval: REFRESH_MS,
    queryFn: () => take(client.usage.requests({}, SHOWN), SHOWN),
  });
  return (
    <Card title="Recent requests" actions={<MoreLink to="/usage">Usage</MoreLink>}>
      <QueryView
        query={requests}
        isEmpty={({ length }) => length === 0}
        empty={
          <Empty title="No request yet" command={`npx perennial chat smollm2-135m-instruct "Hello"`}>
            <LinkButton href={address("/playground")}>Ask in the playground</LinkButton>
          </Empty>
        }
      >
        {(all) => <Requests all={all} />}
      </QueryView>
    </Card>
  );
}
