import type { UseQueryResult } from "@tanstack/react-query";
import type { DataCheck } from "../../../contract/training-data.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { QueryView } from "../../ui/states.tsx";
import { CheckReport } from "../data/check-report.tsx";
import { FileChoice } from "../data/file-choice.tsx";
import { Preview } from "../data/preview.tsx";
import { RowText } from "../data/row-text.tsx";
import { TooFew } from "../data/too-few.tsx";
import { UploadBox } from "../data/upload.tsx";
import type { Choices } from "./choices.ts";
import type { Choose } from "./use-choices.ts";

type Props = {
  readonly choices: Choices;
  readonly choose: Choose;
  readonly base: string;
  readonly check: UseQueryResult<DataCheck>;
};

/** For who has never seen such a file. */
const SampleLine = () => (
  <div className="grid gap-1 text-sm text-soft">
    <p>At least ten lines such as this one; the model learns to write what the assistant says:</p>
    <RowText
      text={`{"messages": [{"role": "user", "content": "When do you open?"}, {"role": "assistant", "content": "At seven."}]}`}
      span={null}
    />
    <p>One to try is examples/bakery.jsonl in Perennial's own folder.</p>
  </div>
);

function Checked({ choices, base, check }: Omit<Props, "choose">) {
  return (
    <QueryView query={check}>
      {({ training, passes, error }) => (
        <div className="grid gap-4">
          <CheckReport
            id={choices.file}
            report={training}
            passes={passes || error?.param === "validation_file"}
          />
          {training.problem_count > 0 && <TooFew training={training} />}
          {error !== null && error.param !== "validation_file" && training.problem_count === 0 && (
            <p role="alert" className="text-bad">
              {error.message}
            </p>
          )}
          {training.rows > 0 && (
            <details open={training.problem_count === 0}>
              <summary className="mb-2 cursor-pointer font-medium">Rows as the model reads them</summary>
              <Preview id={choices.file} model={base} />
            </details>
          )}
        </div>
      )}
    </QueryView>
  );
}

/** The file to learn from: dropped, picked or chosen; and all that is to be known about it. */
export function TrainingData({ choices, choose, base, check }: Props) {
  const { file } = choices;
  return (
    <Card
      title="Training data"
      actions={file !== "" && <Button onClick={() => choose("file", "")}>Upload another file</Button>}
    >
      <div className="grid gap-4">
        {file === "" && (
          <>
            <UploadBox
              label="Drop a file of examples here, or pick one"
              purpose="fine-tune"
              isTraining
              onDone={({ id }) => choose("file", id)}
            />
            <SampleLine />
          </>
        )}
        <FileChoice
          label={file === "" ? "Or an uploaded file" : "Training file"}
          none="Choose a file…"
          value={file}
          onChange={(id) => choose("file", id)}
        />
        {file !== "" && <Checked choices={choices} base={base} check={check} />}
      </div>
    </Card>
  );
}
