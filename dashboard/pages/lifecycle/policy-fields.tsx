import type { BuiltinDescription } from "../../../contract/lifecycle.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import type { Draft, ExceptionDraft, StageDraft } from "./draft.ts";
import { BaseField, DayField, type FieldsProps } from "./model-fields.tsx";

const replaced = <Item,>(items: readonly Item[], at: number, fields: Partial<Item>): Item[] =>
  items.map((item, index) => (index === at ? { ...item, ...fields } : item));
const without = <Item,>(items: readonly Item[], at: number): Item[] =>
  items.filter((_, index) => index !== at);

const newException: ExceptionDraft = { kind: "organization", id: "", until: "", reason: "" };

function Exception({ draft, edit, at }: FieldsProps & { readonly at: number }) {
  const one = draft.exceptions[at] ?? newException;
  const set = (fields: Partial<ExceptionDraft>) =>
    edit({ exceptions: replaced(draft.exceptions, at, fields) });
  return (
    <fieldset className="grid gap-3 rounded-md border border-line p-3 grid-cols-[repeat(auto-fit,minmax(10rem,1fr))] items-start">
      <legend className="px-1 text-sm">Exception {at + 1}</legend>
      <Field label="For">
        <Select
          value={one.kind}
          onChange={(event) => set({ kind: event.target.value as ExceptionDraft["kind"] })}
        >
          <option value="organization">an organization</option>
          <option value="project">a project</option>
        </Select>
      </Field>
      <Field label="Its id">
        <Input
          value={one.id}
          placeholder={one.kind === "project" ? "proj_…" : "org-…"}
          onChange={(event) => set({ id: event.target.value })}
        />
      </Field>
      <DayField label="Until" value={one.until} onDay={(until) => set({ until })} />
      <Field label="Why">
        <Input value={one.reason} maxLength={500} onChange={(event) => set({ reason: event.target.value })} />
      </Field>
      <Button
        className="justify-self-start"
        onClick={() => edit({ exceptions: without(draft.exceptions, at) })}
      >
        Remove exception {at + 1}
      </Button>
    </fieldset>
  );
}

const Exceptions = (props: FieldsProps) => (
  <>
    {props.draft.exceptions.map((_, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name
      <Exception key={at} {...props} at={at} />
    ))}
    <Button
      className="justify-self-start"
      onClick={() => props.edit({ exceptions: [...props.draft.exceptions, newException] })}
    >
      Add an exception
    </Button>
    <Field label="What a refused job says" hint="Left out: OpenAI's own sentence.">
      <Textarea
        rows={2}
        maxLength={1000}
        value={props.draft.message}
        onChange={(event) => props.edit({ message: event.target.value })}
      />
    </Field>
  </>
);

type BuiltinProps = FieldsProps & { readonly builtins: readonly BuiltinDescription[] };

/** One that comes with Perennial, on days of one's own. */
export function BuiltinFields({ builtins, ...props }: BuiltinProps) {
  const { draft, edit } = props;
  const chosen = builtins.find(({ name }) => name === draft.builtin);
  const choose = (builtin: string) => {
    const next = builtins.find(({ name }) => name === builtin);
    edit({ builtin, ...(next?.needs_base ? {} : { base: "" }) });
  };
  return (
    <>
      <Field label="Policy" hint={chosen?.title}>
        <Select value={draft.builtin} onChange={(event) => choose(event.target.value)}>
          {builtins.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      </Field>
      {chosen?.needs_base && <BaseField {...props} />}
      <DayField
        label="First day"
        hint={chosen?.starting ? `Left out: ${chosen.starting}` : "The other days follow from it."}
        value={draft.starting}
        onDay={(starting) => edit({ starting })}
      />
      <Exceptions {...props} />
    </>
  );
}

function Stage({ draft, edit, at }: FieldsProps & { readonly at: number }) {
  const stage = draft.stages[at] ?? { date: "", who: "everyone", days: "60" };
  const set = (fields: Partial<StageDraft>) => edit({ stages: replaced(draft.stages, at, fields) });
  return (
    <fieldset className="grid gap-3 rounded-md border border-line p-3 grid-cols-[repeat(auto-fit,minmax(10rem,1fr))] items-start">
      <legend className="px-1 text-sm">Stage {at + 1}</legend>
      <DayField label="From" value={stage.date} onDay={(date) => set({ date })} />
      <Field label="Closed to">
        <Select value={stage.who} onChange={(event) => set({ who: event.target.value as StageDraft["who"] })}>
          <option value="never_tuned">who never tuned</option>
          <option value="inactive">who is inactive</option>
          <option value="everyone">everyone</option>
        </Select>
      </Field>
      {stage.who === "inactive" && (
        <Field label="Days without a call">
          <Input
            type="number"
            min={1}
            max={3650}
            value={stage.days}
            onChange={(event) => set({ days: event.target.value })}
          />
        </Field>
      )}
      {draft.stages.length > 1 && (
        <Button
          className="self-start justify-self-start"
          onClick={() => edit({ stages: without(draft.stages, at) })}
        >
          Remove stage {at + 1}
        </Button>
      )}
    </fieldset>
  );
}

const Scope = ({ draft, edit }: FieldsProps) => (
  <Field label="About">
    <Select value={draft.scope} onChange={(event) => edit({ scope: event.target.value as Draft["scope"] })}>
      <option value="platform">all training</option>
      <option value="base">training on one base</option>
      <option value="supervised">supervised tuning</option>
      <option value="dpo">preference tuning (DPO)</option>
    </Select>
  </Field>
);

/** Who may still train, stage by stage. */
export function PolicyFields(props: FieldsProps) {
  const { draft, edit } = props;
  const next: StageDraft = { date: "", who: "everyone", days: "60" };
  return (
    <>
      <Field
        label="Name"
        hint="Lower-case letters, digits, '.', '_' and '-'; one in force by that name is replaced."
      >
        <Input
          value={draft.name}
          placeholder="winding-down"
          onChange={(event) => edit({ name: event.target.value })}
        />
      </Field>
      <Scope {...props} />
      {draft.scope === "base" && <BaseField {...props} label="Which base" />}
      {draft.stages.map((_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name
        <Stage key={at} {...props} at={at} />
      ))}
      <Button className="justify-self-start" onClick={() => edit({ stages: [...draft.stages, next] })}>
        Add a stage
      </Button>
      <Exceptions {...props} />
    </>
  );
}
