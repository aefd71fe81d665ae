import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { LifecyclePlan, PlannedDate } from "../../../contract/lifecycle.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/code.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { whole } from "../../ui/format.ts";
import { useToast } from "../../ui/toast.tsx";
import { marksOfPlan } from "./marks.ts";
import { DateList, TimeLine } from "./time-line.tsx";
import { changeText, kindText, subjectText, whomText, workText } from "./words.ts";

/** Those that a date hits, as far as the plan names them. */
function Named({ date }: { readonly date: PlannedDate }) {
  const { organizations, models, hit } = date;
  const rest = (all: number, shown: number) => (all > shown ? ` and ${whole(all - shown)} more` : "");
  if (organizations.length === 0) return null;
  return (
    <li className="break-words">
      <span className="tabular-nums">{date.date}</span> {date.subject}:{" "}
      {organizations.map(({ id, name }) => `${name} (${id})`).join(", ")}
      {rest(hit.organizations, organizations.length)}
      {models.length > 0 && `; models ${models.join(", ")}${rest(hit.models, models.length)}`}
    </li>
  );
}

const Warnings = ({ warnings }: { readonly warnings: readonly string[] }) =>
  warnings.length === 0 ? null : (
    <div className="rounded-md border border-warn p-3">
      <p className="font-medium text-warn">! Look at this twice</p>
      <ul className="mt-1 grid list-disc gap-1 pl-5">
        {warnings.map((text) => (
          <li key={text}>{text.replaceAll("_", " ")}</li>
        ))}
      </ul>
    </div>
  );

/** What would change, and whom it would hit. */
export const PlanView = ({ plan }: { readonly plan: LifecyclePlan }) => {
  const marks = marksOfPlan(plan.dates);
  return (
    <div className="grid gap-4">
      <ul className="grid gap-1 font-medium">
        {plan.changes.map((change) => (
          <li key={change.kind + change.name}>{changeText(change)}.</li>
        ))}
      </ul>
      {marks.length > 0 && (
        <>
          <TimeLine marks={marks} />
          <DateList label="Planned dates in order" marks={marks} />
        </>
      )}
      <Warnings warnings={plan.warnings} />
      <details>
        <summary className="cursor-pointer text-accent">Who that is</summary>
        <ul className="mt-2 grid gap-1 text-sm">
          {plan.dates.map((date) => (
            <Named key={date.date + date.subject + date.what} date={date} />
          ))}
          {plan.dates.every(({ organizations }) => organizations.length === 0) && (
            <li className="text-soft">Nobody, as things stand.</li>
          )}
        </ul>
      </details>
      <p className="min-w-0 text-sm text-soft">
        Plan <span className="font-mono">{plan.hash.slice(0, 16)}</span>
        <CopyButton text={plan.hash} />
      </p>
    </div>
  );
};

type ApplyProps = { readonly plan: LifecyclePlan; readonly text: string; onDone(): void };

const DateLine = ({ date }: { readonly date: PlannedDate }) => {
  const work = workText(date.hit);
  return (
    <li>
      <b className="font-medium">{date.date}</b>: {subjectText(date.what, date.subject)}{" "}
      {kindText(date.what, date.who)}
      {date.what !== "deprecation" && `; ${whomText(date.hit)}${work ? ` (${work})` : ""}`}.
    </li>
  );
};

function Question({ plan, text, onDone, onClose }: ApplyProps & { onClose(): void }) {
  const client = useClient();
  const tell = useToast();
  const queries = useQueryClient();
  const apply = useMutation({
    mutationFn: () => client.lifecycle.apply(text, plan.hash),
    onSuccess: () => {
      tell("Applied. It can be undone until its first date has come.");
      onDone();
    },
    // Something has changed since: the numbers are asked for again, and stand in this question too.
    onError: () => queries.invalidateQueries({ queryKey: ["lifecycle", "plan"] }),
  });
  return (
    <Dialog title="Apply this change?" onClose={onClose}>
      <ul className="grid gap-1">
        {plan.changes.map((change) => (
          <li key={change.kind + change.name}>{changeText(change)}.</li>
        ))}
        {plan.dates.map((date) => (
          <DateLine key={date.date + date.subject + date.what} date={date} />
        ))}
      </ul>
      <p className="mt-3 text-soft">Those whom it hits are told at once, and again before each date.</p>
      {apply.error && (
        <p role="alert" className="mt-3 text-bad">
          {apply.error.message}
        </p>
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        <Button kind="primary" isBusy={apply.isPending} onClick={() => apply.mutate()}>
          Apply
        </Button>
        <Button onClick={onClose}>Not now</Button>
      </div>
    </Dialog>
  );
}

/** Asks once, with the numbers. */
export function ApplyButton({ isReady, ...props }: ApplyProps & { readonly isReady: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const close = () => setAsking(false);
  const done = () => {
    close();
    props.onDone();
  };
  return (
    <>
      <Button kind="primary" disabled={!isReady} onClick={() => setAsking(true)}>
        Apply …
      </Button>
      {isAsking && <Question {...props} onDone={done} onClose={close} />}
    </>
  );
}
