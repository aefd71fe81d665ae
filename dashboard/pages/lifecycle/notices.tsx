import { useQuery } from "@tanstack/react-query";
import { take } from "../../../client/pages.ts";
import type { LifecycleNotice } from "../../../contract/notices.ts";
import { useClient } from "../../session.tsx";
import { useAddress } from "../../ui/address.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, LinkButton } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Input } from "../../ui/field.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";

const MOST = 1_000;
const SLOWLY_MS = 10_000;

const tones = { sent: "good", pending: "busy", failed: "bad" } as const;

const mailText = ({ deliveries }: LifecycleNotice) => {
  const sent = deliveries.filter(({ status }) => status === "sent").length;
  return deliveries.length === 0 ? "–" : `${sent} of ${deliveries.length} sent`;
};

const columns = (open: (id: string) => void): readonly Column<LifecycleNotice>[] => [
  { title: "Told", cell: ({ created_at }) => <DateTime at={created_at} />, width: "13rem", isExtra: true },
  { title: "Kind", cell: ({ kind }) => kind, width: "9.5rem", isExtra: true },
  {
    title: "Notice",
    cell: ({ id, title }) => (
      <button
        type="button"
        className="max-w-full cursor-pointer truncate text-left text-accent hover:underline"
        onClick={() => open(id)}
      >
        {title}
      </button>
    ),
    width: "minmax(0, 3fr)",
  },
  { title: "Date", cell: ({ date }) => date, width: "7.5rem" },
  { title: "Mail", cell: mailText, width: "8rem", isExtra: true },
];

const Deliveries = ({ notice: { deliveries } }: { readonly notice: LifecycleNotice }) => (
  <ul className="mt-3 grid gap-1">
    {deliveries.map(({ address, status, attempts, error }) => (
      <li key={address} className="flex flex-wrap gap-x-3">
        <span>{address}</span>
        <Badge tone={tones[status]}>{status}</Badge>
        <span className="text-sm text-soft">
          {attempts} {attempts === 1 ? "attempt" : "attempts"}
          {error && `, ${error}`}
        </span>
      </li>
    ))}
    {deliveries.length === 0 && <li className="text-soft">No mail was asked for.</li>}
  </ul>
);

function Detail({ id, onClose }: { readonly id: string; onClose(): void }) {
  const client = useClient();
  const found = useQuery({ queryKey: ["lifecycle", "notice", id], queryFn: () => client.notices.get(id) });
  return (
    <Dialog title="Notice" onClose={onClose}>
      <QueryView query={found}>
        {(notice) => (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
            <pre tabIndex={0} className="max-h-[50vh] overflow-auto font-sans whitespace-pre-wrap">
              {notice.text}
            </pre>
            <Deliveries notice={notice} />
            <p className="mt-2 font-mono text-sm text-soft">
              {notice.id} <CopyButton text={notice.id} />
            </p>
          </>
        )}
      </QueryView>
      <Button className="mt-4" onClick={onClose}>
        Close
      </Button>
    </Dialog>
  );
}

const isWanted = ({ title, subject, kind, id }: LifecycleNotice, text: string) =>
  `${title} ${subject} ${kind} ${id}`.toLowerCase().includes(text.toLowerCase());

/** What was told of dates, newest first. */
export function Notices() {
  const client = useClient();
  const address = useAddress();
  const [text, setText] = useUrlState("find");
  const [id, setId] = useUrlState("notice");
  const found = useQuery({
    queryKey: ["lifecycle", "notices"],
    queryFn: () => take(client.notices.list(), MOST),
    refetchInterval: SLOWLY_MS,
  });
  return (
    <>
      <Input
        aria-label="Find a notice"
        placeholder="Find by what it says"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={
          <Empty title="Nobody was told of anything yet" command="npx perennial contacts add ops@example.com">
            <p className="mb-3">
              Whoever a date hits is told when it is set, and 90, 60, 30, 14, 7 and 1 days before it. Notices
              are shown here and sent by webhook, and by mail to those who are named.
            </p>
            <LinkButton href={address("/settings")}>Name contacts</LinkButton>
          </Empty>
        }
      >
        {(all) => {
          const rows = all.filter((notice) => isWanted(notice, text));
          if (rows.length === 0) return <Empty title="No notice is like that." />;
          return <Table label="Notices" columns={columns(setId)} rows={rows} keyOf={(notice) => notice.id} />;
        }}
      </QueryView>
      {found.data?.length === MOST && <p className="text-sm text-soft">The newest {MOST} are shown.</p>}
      {id !== "" && <Detail id={id} onClose={() => setId("")} />}
    </>
  );
}
