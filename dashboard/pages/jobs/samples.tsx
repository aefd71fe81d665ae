import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Select } from "../../ui/field.tsx";
import { QueryView } from "../../ui/states.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { useCheckpoints } from "./checkpoint-query.ts";
import { columnsOf, type SampleColumn } from "./sample-columns.ts";
import { readSamples } from "./sample-file.ts";
import { MOST_ROWS, SamplePicker } from "./sample-picker.tsx";
import type { Sample } from "./sample-row.ts";
import { SampleTable } from "./sample-table.tsx";
import { type Cell, isMissing, keyOf, useSamples } from "./use-samples.ts";

/** So many can be browsed; others are reached by a link. */
const BROWSED = 2000;
const FIRST = Array.from({ length: BROWSED }, (_, index) => index + 1);

const linesIn = (text: string): readonly number[] =>
  [...new Set(text.split(",").map(Number))]
    .filter((line) => Number.isInteger(line) && line > 0)
    .slice(0, MOST_ROWS);

/** Those that are picked; once somebody looks for others, the first rows of the file, too. */
function useRows(file: string, picked: readonly number[], isBrowsed: boolean) {
  const client = useClient();
  const wanted = isBrowsed ? [...FIRST, ...picked.filter((line) => line > BROWSED)] : picked;
  return useQuery({
    queryKey: ["sample-rows", file, isBrowsed ? wanted.slice(BROWSED) : wanted, isBrowsed],
    enabled: wanted.length > 0,
    staleTime: "static",
    placeholderData: keepPreviousData,
    queryFn: () => readSamples(client, file, wanted),
  });
}

type AskProps = {
  readonly asking: ReturnType<typeof useSamples>;
  readonly samples: readonly Sample[];
  readonly columns: readonly SampleColumn[];
};

function Asking({ asking, samples, columns }: AskProps) {
  const { answers, isAsking, ask, stop } = asking;
  const all: Cell[] = columns.flatMap((column) => samples.map((sample) => ({ sample, column })));
  const missing = all.filter((cell) => isMissing(answers.get(keyOf(cell))));
  const done = all.filter((cell) => answers.get(keyOf(cell))?.status === "done");
  const verb = missing.length === all.length ? "Ask" : missing.length > 0 ? "Ask the new ones" : "Ask again";
  if (samples.length === 0) return null;
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        {isAsking ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button kind="primary" onClick={() => void ask(missing.length > 0 ? missing : all)}>
            {verb}
          </Button>
        )}
        <span role="status" className="text-sm text-soft">
          {isAsking && `${done.length} of ${all.length} answered`}
        </span>
      </div>
      <SampleTable samples={samples} columns={columns} answers={answers} />
    </>
  );
}

type PickingProps = {
  readonly samples: readonly Sample[];
  readonly picked: readonly number[];
  readonly onPick: (lines: readonly number[]) => void;
};
const Picking = ({ samples, ...props }: PickingProps) =>
  samples.length === 0 ? (
    <p className="text-soft">No row of this file has an answer to ask for.</p>
  ) : (
    <SamplePicker samples={samples} {...props} />
  );

type RowsProps = { readonly job: FineTuningJob; readonly file: string };

function Rows({ job, file }: RowsProps) {
  const [text, setText] = useUrlState("rows");
  const picked = linesIn(text);
  const [isPicking, setPicking] = useState(false);
  const [isBrowsed, setBrowsed] = useState(false);
  const rows = useRows(file, picked, isBrowsed);
  const checkpoints = useCheckpoints(job.id);
  const asking = useSamples();
  const turn = () => {
    setBrowsed(true);
    setPicking(!isPicking);
  };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <p className="text-soft">
        See what the model before tuning, each checkpoint and the tuned model answer to rows of your data.
      </p>
      <div>
        <Button onClick={turn}>{isPicking ? "Hide the rows" : "Pick rows"}</Button>
      </div>
      {(isPicking || picked.length > 0) && (
        <QueryView query={rows}>
          {(samples) => (
            <>
              {isPicking && (
                <Picking
                  samples={samples}
                  picked={picked}
                  onPick={(lines) => setText(lines.toSorted((a, b) => a - b).join(","))}
                />
              )}
              <Asking
                asking={asking}
                samples={samples.filter(({ line }) => picked.includes(line))}
                columns={columnsOf(job, checkpoints.data ?? [])}
              />
            </>
          )}
        </QueryView>
      )}
    </div>
  );
}

/** What base, checkpoints and model answer to rows of the data. */
export function Samples({ job }: { readonly job: FineTuningJob }) {
  const { training_file: training, validation_file: validation } = job;
  const [from, setFrom] = useUrlState("data", validation === null ? "training" : "validation");
  const [, setRows] = useUrlState("rows");
  const file = from === "validation" && validation !== null ? validation : training;
  return (
    <Card
      title="Sample answers"
      actions={
        validation !== null && (
          <Select
            aria-label="Rows of"
            value={from}
            onChange={({ target }) => {
              // Line 3 of the other file is another row.
              setRows("");
              setFrom(target.value);
            }}
            className="!w-auto"
          >
            <option value="validation">rows of the validation file</option>
            <option value="training">rows of the training file</option>
          </Select>
        )
      }
    >
      <Rows key={file} job={job} file={file} />
    </Card>
  );
}
