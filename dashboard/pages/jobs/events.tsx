import type { JobEvent } from "../../../contract/fine-tuning.ts";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { QueryView } from "../../ui/states.tsx";
import { useEvents } from "./event-query.ts";

const levels: Record<JobEvent["level"], string> = { info: "", warn: "text-warn", error: "text-bad" };

export function Events({ id }: { readonly id: string }) {
  const found = useEvents(id);
  return (
    <Card title="Events">
      <QueryView query={found}>
        {(events) => (
          <ol className="grid gap-1.5">
            {events.map(({ id: key, created_at, message, level }) => (
              <li key={key} className="grid gap-x-4 sm:grid-cols-[12rem_1fr]">
                <span className="text-soft">
                  <DateTime at={created_at} />
                </span>
                <span className={`break-words ${levels[level]}`}>
                  {level !== "info" && `${level}: `}
                  {message}
                </span>
              </li>
            ))}
          </ol>
        )}
      </QueryView>
    </Card>
  );
}
