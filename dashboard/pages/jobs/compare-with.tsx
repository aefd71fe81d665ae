import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { take } from "../../../client/pages.ts";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { Select } from "../../ui/field.tsx";
import { cutName } from "../../ui/model-name.tsx";

/** Enough to choose from in a list; any other is reached by a link. */
const MOST = 200;

/** Several jobs that have no model yet may have one name. */
const textOf = ({ id, fine_tuned_model: model, user_provided_suffix: name }: FineTuningJob): string =>
  model ? cutName(model) : name ? `${name} (${id})` : id;

type Props = { readonly id: string; readonly other: string; readonly onPick: (id: string) => void };

export function CompareWith({ id, other, onPick }: Props) {
  const client = useClient();
  const [isWanted, setWanted] = useState(false);
  const jobs = useQuery({
    // Not under "jobs": every step of any job would ask for all of them again.
    queryKey: ["to-compare"],
    enabled: isWanted,
    queryFn: () => take(client.jobs.list(), MOST),
  });
  const others = (jobs.data ?? []).filter((job) => job.id !== id);
  return (
    <Select
      aria-label="Compare with"
      value={other}
      // Before it is pressed, so that its list opens full.
      onPointerEnter={() => setWanted(true)}
      onPointerDown={() => setWanted(true)}
      onFocus={() => setWanted(true)}
      onChange={(event) => onPick(event.target.value)}
      className="!w-64 max-w-full"
    >
      <option value="">Compare with…</option>
      {other !== "" && !others.some((job) => job.id === other) && <option value={other}>{other}</option>}
      {jobs.data && others.length === 0 && <option disabled>There is no other job yet</option>}
      {others.map((job) => (
        <option key={job.id} value={job.id}>
          {textOf(job)}
        </option>
      ))}
    </Select>
  );
}
