import { Link } from "wouter";
import type { ModelObject } from "../../../contract/models.ts";
import { useModels } from "../../common-queries.ts";
import { modelPath, useAddress } from "../../ui/address.ts";
import { Badge } from "../../ui/badge.tsx";
import { LinkButton } from "../../ui/button.tsx";
import { Page } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Filters } from "../../ui/filters.tsx";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { joinModels } from "../playground/setup.ts";
import { DeleteModel } from "./delete-model.tsx";
import { daysLeft, isTuned, isWanted } from "./model-facts.ts";

const SOON_DAYS = 30;

export function Ends({ date }: { readonly date: string | null | undefined }) {
  const days = daysLeft(date, Date.now());
  if (days === null) return <span className="text-soft">no date</span>;
  if (days <= 0) return <Badge tone="bad">{`ended ${date}`}</Badge>;
  const text = `${days} ${days === 1 ? "day" : "days"} left`;
  return (
    <span title={`${date} 00:00 UTC`}>
      <Badge tone={days <= SOON_DAYS ? "warn" : "plain"}>{text}</Badge>
    </span>
  );
}

const columns = (address: ReturnType<typeof useAddress>): readonly Column<ModelObject>[] => [
  {
    title: "Model",
    cell: ({ id }) => (
      <Link href={address(modelPath(id))} className="text-accent hover:underline">
        <ModelName id={id} />
      </Link>
    ),
    width: "minmax(0, 3fr)",
  },
  { title: "Kind", cell: (model) => (isTuned(model) ? "tuned" : "base"), width: "5rem", isExtra: true },
  { title: "Ends", cell: ({ shutdown_date: date }) => <Ends date={date} />, width: "8.75rem" },
  { title: "Created", cell: ({ created }) => <DateTime at={created} />, width: "13rem", isExtra: true },
  {
    title: "Actions",
    cell: (model) => (
      <span className="flex items-center gap-3">
        <Link
          href={address("/playground", { models: joinModels([model.id]) })}
          aria-label={`Try ${model.id}`}
          className="text-accent hover:underline"
        >
          Try
        </Link>
        {isTuned(model) && <DeleteModel id={model.id} isSmall />}
      </span>
    ),
    width: "8rem",
    isExtra: true,
  },
];

function Found({ all }: { readonly all: readonly ModelObject[] }) {
  const address = useAddress();
  const [text] = useUrlState("find");
  const [kind] = useUrlState("kind");
  const rows = all.filter(({ id }) => isWanted(id, text, kind));
  if (rows.length > 0)
    return <Table label="Models" columns={columns(address)} rows={rows} keyOf={({ id }) => id} />;
  if (text === "" && kind === "tuned")
    return (
      <Empty title="No tuned model yet">
        <p className="mb-3">Tune a base on your own examples.</p>
        <LinkButton kind="primary" href={address("/new")}>
          New fine-tune
        </LinkButton>
      </Empty>
    );
  return <Empty title="No model is like that." />;
}

const KINDS = [
  ["", "Base and tuned"],
  ["base", "Base models"],
  ["tuned", "Tuned models"],
] as const;

export default function Models() {
  const [text, setText] = useUrlState("find");
  const [kind, setKind] = useUrlState("kind");
  const models = useModels();
  return (
    <Page title="Models">
      <Filters
        find={{ label: "Find a model", placeholder: "Find by name", value: text, onChange: setText }}
        pick={{ label: "Kind", value: kind, options: KINDS, onChange: setKind }}
      />
      <QueryView
        query={models}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No model is on this server yet" command="npm run setup" />}
      >
        {(all) => <Found all={all} />}
      </QueryView>
    </Page>
  );
}
