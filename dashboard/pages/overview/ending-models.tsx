import { Link } from "wouter";
import type { ModelObject } from "../../../contract/models.ts";
import { useModels } from "../../common-queries.ts";
import { modelPath, useAddress } from "../../ui/address.ts";
import { Card } from "../../ui/card.tsx";
import { DaysLeft } from "../../ui/days-left.tsx";
import { ModelName } from "../../ui/model-name.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { MoreLink } from "./more-link.tsx";

const SHOWN = 8;

const dayOf = ({ shutdown_date }: ModelObject): string => shutdown_date ?? "9999";

/** Base and tuned models, those that end first at the top. */
export function EndingModels() {
  const address = useAddress();
  const models = useModels();
  return (
    <Card title="Models and their days" actions={<MoreLink to="/lifecycle">Life cycle</MoreLink>}>
      <QueryView
        query={models}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No model is on this server yet" command="npm run setup" />}
      >
        {(all) => (
          <>
            <ul className="grid grid-cols-1 gap-1.5">
              {all
                .toSorted((a, b) => dayOf(a).localeCompare(dayOf(b)))
                .slice(0, SHOWN)
                .map(({ id, shutdown_date: day }) => (
                  <li key={id} className="flex items-baseline justify-between gap-x-4">
                    <Link
                      href={address(modelPath(id))}
                      className="min-w-0 truncate text-accent hover:underline"
                    >
                      <ModelName id={id} />
                    </Link>
                    <span title={day ?? ""} className="whitespace-nowrap">
                      <DaysLeft day={day ?? null} />
                    </span>
                  </li>
                ))}
            </ul>
            {all.length > SHOWN && (
              <Link href={address("/models")} className="mt-2 block text-sm text-accent hover:underline">
                {`All ${all.length} models`}
              </Link>
            )}
          </>
        )}
      </QueryView>
    </Card>
  );
}
