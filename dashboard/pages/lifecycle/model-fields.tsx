import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import type { Draft } from "./draft.ts";

export type Edit = (fields: Partial<Draft>) => void;
export type FieldsProps = { readonly draft: Draft; readonly edit: Edit; readonly bases: readonly string[] };

export const BaseField = ({
  draft,
  edit,
  bases,
  label = "Base model",
}: FieldsProps & { readonly label?: string }) => (
  <Field label={label}>
    <Select value={draft.base} onChange={(event) => edit({ base: event.target.value })}>
      <option value="">Choose …</option>
      {bases.map((id) => (
        <option key={id}>{id}</option>
      ))}
    </Select>
  </Field>
);

type DayProps = {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  onDay(day: string): void;
};
export const DayField = ({ label, hint, value, onDay }: DayProps) => (
  <Field label={label} hint={hint}>
    <Input type="date" value={value} onChange={(event) => onDay(event.target.value)} />
  </Field>
);

const Fate = ({ draft, edit }: FieldsProps) => (
  <div className="grid gap-3 sm:grid-cols-2">
    <Field label="Models tuned on it">
      <Select value={draft.fate} onChange={(event) => edit({ fate: event.target.value as Draft["fate"] })}>
        <option value="end_with_base">end with it</option>
        <option value="days_after">end some days later</option>
        <option value="keep_serving">keep serving</option>
      </Select>
    </Field>
    {draft.fate === "days_after" && (
      <Field label="Days after the shutdown">
        <Input
          type="number"
          min={1}
          max={3650}
          value={draft.fateDays}
          onChange={(event) => edit({ fateDays: event.target.value })}
        />
      </Field>
    )}
  </div>
);

/** The end of one base. */
export function ModelFields(props: FieldsProps) {
  const { draft, edit, bases } = props;
  return (
    <>
      <BaseField {...props} />
      <div className="grid grid-cols-[repeat(auto-fit,minmax(10rem,1fr))] items-start gap-3">
        <DayField
          label="Announced"
          hint="Left out: today"
          value={draft.announced}
          onDay={(announced) => edit({ announced })}
        />
        <DayField
          label="Training ends"
          hint="Left out: at the shutdown"
          value={draft.trainingEnds}
          onDay={(trainingEnds) => edit({ trainingEnds })}
        />
        <DayField
          label="Shutdown"
          hint="Left out: it keeps serving"
          value={draft.shutdown}
          onDay={(shutdown) => edit({ shutdown })}
        />
      </div>
      <Field label="Successor">
        <Select value={draft.successor} onChange={(event) => edit({ successor: event.target.value })}>
          <option value="">None</option>
          {bases
            .filter((id) => id !== draft.base)
            .map((id) => (
              <option key={id}>{id}</option>
            ))}
        </Select>
      </Field>
      <Fate {...props} />
      <Field label="Reason" hint="Told to those whom it hits.">
        <Textarea
          rows={2}
          maxLength={500}
          value={draft.reason}
          onChange={(event) => edit({ reason: event.target.value })}
        />
      </Field>
    </>
  );
}
