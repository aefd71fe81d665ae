import type { JobEstimate } from "../../../contract/estimates.ts";
import type { Method } from "../../../contract/training.ts";
import { Card } from "../../ui/card.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { autoReason } from "./auto-reason.ts";
import type { Choices } from "./choices.ts";
import { HYPERPARAMETERS, type HyperparameterField, isFor } from "./hyperparameters.ts";
import type { Choose } from "./use-choices.ts";

type Props = {
  readonly choices: Choices;
  readonly choose: Choose;
  readonly errors: Readonly<Record<string, string>>;
  readonly method: Method;
  readonly estimate: JobEstimate | undefined;
};

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function hintOf(field: HyperparameterField, text: string, estimate: JobEstimate | undefined): string {
  const { name, takes, means = "" } = field;
  const reason = text === "" && estimate ? autoReason(name, estimate) : "";
  return `${means} ${capital(reason || `${takes}.`)}`.trim();
}

function One({ field, ...props }: Props & { readonly field: HyperparameterField }) {
  const { choices, choose, errors, estimate } = props;
  const { name, label, options, isExtra } = field;
  const text = choices.hyperparameters[name] ?? "";
  const unset = isExtra ? "default" : "auto";
  return (
    <Field label={label} hint={hintOf(field, text, estimate)} error={errors[name]}>
      {options ? (
        <Select value={text} onChange={(event) => choose(name, event.target.value)}>
          <option value="">{unset}</option>
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </Select>
      ) : (
        <Input
          inputMode="decimal"
          placeholder={unset}
          value={text}
          onChange={(event) => choose(name, event.target.value.trim())}
        />
      )}
    </Field>
  );
}

/** Each may be left empty; what it becomes then is said beside it once the estimate knows. */
export function HyperparameterFields(props: Props) {
  const { choices, choose, errors, method } = props;
  const own = HYPERPARAMETERS.filter((field) => isFor(field, method));
  const extra = own.filter(({ isExtra }) => isExtra);
  const isUsed = choices.seed !== "" || extra.some(({ name }) => choices.hyperparameters[name] !== "");
  return (
    <Card title="Hyperparameters">
      <div className="grid gap-3">
        {own.flatMap((field) => (field.isExtra ? [] : <One key={field.name} field={field} {...props} />))}
        <details open={isUsed}>
          <summary className="cursor-pointer text-accent">More</summary>
          <div className="mt-3 grid items-start gap-3 sm:grid-cols-2">
            {extra.map((field) => (
              <One key={field.name} field={field} {...props} />
            ))}
            <Field
              label="Seed"
              error={errors.seed}
              hint="The same seed and files give the same training; chosen for you if empty."
            >
              <Input
                inputMode="numeric"
                placeholder="any"
                value={choices.seed}
                onChange={(event) => choose("seed", event.target.value.trim())}
              />
            </Field>
          </div>
        </details>
      </div>
    </Card>
  );
}
