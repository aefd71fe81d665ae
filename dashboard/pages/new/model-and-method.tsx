import type { UseQueryResult } from "@tanstack/react-query";
import type { ModelObject } from "../../../contract/models.ts";
import type { Method } from "../../../contract/training.ts";
import { Card } from "../../ui/card.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import type { Choices } from "./choices.ts";
import type { Choose } from "./use-choices.ts";

export const isTuned = ({ id }: Pick<ModelObject, "id">): boolean => id.startsWith("ft:");

const Options = ({ label, models }: { label: string; models: readonly ModelObject[] }) =>
  models.length > 0 && (
    <optgroup label={label}>
      {models.map(({ id, shutdown_date }) => (
        <option key={id} value={id}>
          {shutdown_date ? `${id} (ends ${shutdown_date})` : id}
        </option>
      ))}
    </optgroup>
  );

type Props = {
  readonly choices: Choices;
  readonly choose: Choose;
  readonly errors: Readonly<Record<string, string>>;
  readonly base: string;
  readonly method: Method;
  readonly models: UseQueryResult<readonly ModelObject[]>;
};

const hints: Record<Method, string> = {
  supervised: "The model learns to write the answers of the rows.",
  dpo: "The model learns to prefer one answer of each row to the other.",
};

function BaseChoice({ base, models, choose }: Props) {
  const all = models.data ?? [];
  const isKnown = all.some(({ id }) => id === base);
  return (
    <Field
      label="Base model"
      hint="A base, or a tuned model of yours to go on from."
      error={models.error?.message}
    >
      <Select value={base} onChange={(event) => choose("base", event.target.value)}>
        {!isKnown && base !== "" && <option value={base}>{base}</option>}
        <Options label="Bases" models={all.filter((model) => !isTuned(model))} />
        <Options label="Tuned models" models={all.filter(isTuned)} />
      </Select>
    </Field>
  );
}

export function ModelAndMethod(props: Props) {
  const { choices, choose, errors, base, method } = props;
  const name = choices.suffix === "" ? "" : `ft:${base}:…:${choices.suffix}:…`;
  return (
    <Card title="Model">
      <div className="grid gap-3">
        <BaseChoice {...props} />
        <Field label="Method" hint={hints[method]}>
          <Select value={choices.method ?? ""} onChange={(event) => choose("method", event.target.value)}>
            <option value="">{`What the rows are made for (${method})`}</option>
            <option value="supervised">supervised</option>
            <option value="dpo">dpo (preferences)</option>
          </Select>
        </Field>
        <Field
          label="Name"
          error={errors.suffix}
          hint={
            name === "" ? "A word to know the tuned model by; may be left out." : `The model will be ${name}`
          }
        >
          <Input
            value={choices.suffix}
            maxLength={64}
            placeholder="support-bot"
            onChange={(event) => choose("suffix", event.target.value)}
          />
        </Field>
      </div>
    </Card>
  );
}
