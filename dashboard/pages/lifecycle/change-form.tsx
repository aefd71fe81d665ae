import type { Acceptance, BuiltinDescription, LifecycleState } from "../../../contract/lifecycle.ts";
import { Field, Input, Select } from "../../ui/field.tsx";
import type { Draft } from "./draft.ts";
import { type Edit, ModelFields } from "./model-fields.tsx";
import { BuiltinFields, PolicyFields } from "./policy-fields.tsx";

export type Known = {
  readonly state: LifecycleState;
  readonly builtins: readonly BuiltinDescription[];
  readonly bases: readonly string[];
};
type Props = { readonly draft: Draft; readonly edit: Edit; readonly known: Known };

function Withdrawn({ draft, edit, known: { state } }: Props) {
  const options = [
    ...state.models.map(({ id }) => [`model:${id}`, `dates of ${id}`] as const),
    ...state.policies.map(({ name }) => [`policy:${name}`, `policy ${name}`] as const),
  ];
  return (
    <Field label="What is taken away" hint={options.length === 0 ? "Nothing is in force." : undefined}>
      <Select value={draft.withdrawn} onChange={(event) => edit({ withdrawn: event.target.value })}>
        <option value="">Choose …</option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function Content(props: Props) {
  const { draft, edit, known } = props;
  const fields = { draft, edit, bases: known.bases };
  if (draft.kind === "model") return <ModelFields {...fields} />;
  if (draft.kind === "builtin") return <BuiltinFields {...fields} builtins={known.builtins} />;
  return draft.kind === "policy" ? <PolicyFields {...fields} /> : <Withdrawn {...props} />;
}

const acceptances: Readonly<Record<Acceptance, string>> = {
  past_dates: "Dates in the past: it takes effect at once",
  hits_nobody: "A policy that hits nobody as things stand",
  hits_everybody: "A policy that hits everybody as things stand",
};
const accepted = Object.entries(acceptances) as [Acceptance, string][];

const Accept = ({ draft, edit }: Props) => (
  <fieldset className="grid gap-1">
    <legend className="mb-1 text-sm font-medium">Meant on purpose</legend>
    {accepted.map(([name, text]) => (
      <label key={name} className="flex items-baseline gap-2">
        <input
          type="checkbox"
          className="accent-(--accent)"
          checked={draft.accept.includes(name)}
          onChange={({ target }) =>
            edit({
              accept: target.checked ? [...draft.accept, name] : draft.accept.filter((one) => one !== name),
            })
          }
        />
        {text}
      </label>
    ))}
  </fieldset>
);

/** A change, field by field. */
export const ChangeForm = (props: Props) => (
  <div className="grid gap-4">
    <Field label="What changes">
      <Select
        value={props.draft.kind}
        onChange={(event) => props.edit({ kind: event.target.value as Draft["kind"] })}
      >
        <option value="model">A base model ends</option>
        <option value="builtin">A ready-made policy begins</option>
        <option value="policy">A policy of your own begins</option>
        <option value="withdraw">Dates or a policy are taken away</option>
      </Select>
    </Field>
    <Content {...props} />
    <Field label="Note" hint="Kept in the history.">
      <Input
        value={props.draft.note}
        maxLength={500}
        onChange={(event) => props.edit({ note: event.target.value })}
      />
    </Field>
    {props.draft.kind !== "withdraw" && <Accept {...props} />}
  </div>
);
