import type { DataCheck } from "../../../contract/training-data.ts";
import { Card } from "../../ui/card.tsx";
import { CheckReport } from "../data/check-report.tsx";
import { FileChoice } from "../data/file-choice.tsx";
import { UploadBox } from "../data/upload.tsx";
import type { Choose } from "./use-choices.ts";

type Props = {
  readonly id: string;
  readonly error: string | undefined;
  readonly choose: Choose;
  readonly check: DataCheck | undefined;
};

/** Rows that are not learnt, by which the model is judged while it learns. */
export function ValidationData({ id, error, choose, check }: Props) {
  return (
    <Card title="Validation data">
      <div className="grid gap-4">
        <FileChoice
          label="Validation file"
          none="None"
          value={id}
          error={error}
          hint="Rows the model does not learn: their loss shows whether it learns more than its rows by heart."
          onChange={(file) => choose("validation", file)}
        />
        {id === "" && (
          <details>
            <summary className="cursor-pointer text-accent">Upload one</summary>
            <div className="mt-2">
              <UploadBox
                label="Drop a validation file here, or pick one"
                purpose="fine-tune"
                onDone={(file) => choose("validation", file.id)}
              />
            </div>
          </details>
        )}
        {id !== "" && check?.validation && (
          <CheckReport id={id} report={check.validation} passes={check.error?.param !== "validation_file"} />
        )}
        {check?.error?.param === "validation_file" && check.validation?.problem_count === 0 && (
          <p role="alert" className="text-bad">
            {check.error.message}
          </p>
        )}
      </div>
    </Card>
  );
}
