import { Button } from "../../ui/button.tsx";
import { Field, Input, Textarea } from "../../ui/field.tsx";
import type { Answer, Call } from "./answer.ts";
import { priceFault } from "./cost.ts";
import { type Faults, NUMBERS, PRICES, type Setup, type Turn } from "./setup.ts";

type Props = {
  readonly setup: Setup;
  readonly faults: Faults;
  readonly onChange: (setup: Setup) => void;
};

const NAMES: Record<Turn["role"], string> = { user: "User", assistant: "Assistant", tool: "Result" };
const keyAfter = (turns: readonly Turn[]) => Math.max(...turns.map(({ key }) => key)) + 1;

const labelOf = ({ role, call }: Turn, index: number): string => {
  if (call) return `Result of ${call.name}, turn ${index + 1}`;
  return index === 0 ? NAMES[role] : `${NAMES[role]}, turn ${index + 1}`;
};

/** The answer becomes part of the talk; then comes the next question, or what the called tools give back. */
export function goOnFrom(setup: Setup, { text, calls }: Pick<Answer, "text" | "calls">): Setup {
  const key = keyAfter(setup.turns);
  const answer = { key, role: "assistant", text, calls } as const;
  const next = calls.map((call, at) => ({ key: key + 1 + at, role: "tool", text: "", call }) as const);
  const question = { key: key + 1, role: "user", text: "" } as const;
  return { ...setup, turns: [...setup.turns, answer, ...(next.length > 0 ? next : [question])] };
}

const Called = ({ calls }: { readonly calls: readonly Call[] }) => (
  <ul className="grid gap-1 text-sm text-soft">
    {calls.map(({ id, name, arguments: written }) => (
      <li key={id} className="wrap-anywhere">
        Calls <span className="font-mono text-ink">{`${name}(${written})`}</span>
      </li>
    ))}
  </ul>
);

function Turns({ setup, faults, onChange }: Props) {
  const { turns } = setup;
  const last = turns.length - 1;
  const write = (index: number, text: string) =>
    onChange({ ...setup, turns: turns.map((turn, at) => (at === index ? { ...turn, text } : turn)) });
  const addTurn = () => {
    const role = turns[last]?.role === "user" ? "assistant" : "user";
    onChange({ ...setup, turns: [...turns, { key: keyAfter(turns), role, text: "" }] });
  };
  return (
    <>
      {turns.map((turn, index) => (
        <div key={turn.key} className="grid grid-cols-1 gap-1">
          <Field
            label={labelOf(turn, index)}
            error={index === last ? faults.turns : undefined}
            hint={index === last ? "Ctrl or ⌘ and Enter asks." : undefined}
          >
            <Textarea rows={3} value={turn.text} onChange={(event) => write(index, event.target.value)} />
          </Field>
          {turn.calls && turn.calls.length > 0 && <Called calls={turn.calls} />}
        </div>
      ))}
      <div className="flex flex-wrap gap-2">
        <Button onClick={addTurn}>Add a turn</Button>
        {last > 0 && (
          <Button onClick={() => onChange({ ...setup, turns: turns.slice(0, -1) })}>Remove the last</Button>
        )}
      </div>
    </>
  );
}

export const Prompt = (props: Props) => (
  <div className="grid gap-2">
    <Field label="System">
      <Textarea
        rows={2}
        value={props.setup.system}
        onChange={(event) => props.onChange({ ...props.setup, system: event.target.value })}
      />
    </Field>
    <Turns {...props} />
  </div>
);

const LABELS = {
  temperature: ["Temperature", "0 to 2"],
  top_p: ["Top p", "0 to 1"],
  max_tokens: ["Most tokens", "of the answer"],
  seed: ["Seed", "a whole number"],
  price_in: ["Price in", "of a million tokens"],
  price_out: ["Price out", "of a million tokens"],
} as const;

const JSON_FIELDS = {
  schema: ["JSON schema of the answer", '{"type": "object", "properties": {"city": {"type": "string"}}}'],
  tools: [
    "Tools",
    '[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]',
  ],
} as const;

const isPrice = (name: keyof typeof LABELS): name is (typeof PRICES)[number] => name.startsWith("price");

export function Parameters({ setup, faults, onChange }: Props) {
  const faultOf = (name: keyof typeof LABELS) => (isPrice(name) ? priceFault(setup[name]) : faults[name]);
  return (
    <div className="grid gap-2">
      <div className="grid grid-cols-2 gap-x-3 gap-y-1">
        {[...NUMBERS, ...PRICES].map((name) => (
          <Field key={name} label={LABELS[name][0]} hint={LABELS[name][1]} error={faultOf(name)}>
            <Input
              inputMode="decimal"
              autoComplete="off"
              value={setup[name]}
              onChange={(event) => onChange({ ...setup, [name]: event.target.value })}
            />
          </Field>
        ))}
      </div>
      {(["schema", "tools"] as const).map((name) => (
        <details key={name} open={setup[name] !== "" || faults[name] !== undefined || undefined}>
          <summary className="cursor-pointer text-sm font-medium">{JSON_FIELDS[name][0]}</summary>
          <div className="mt-2">
            <Field label={`${JSON_FIELDS[name][0]}, as JSON`} error={faults[name]}>
              <Textarea
                rows={6}
                spellCheck={false}
                placeholder={JSON_FIELDS[name][1]}
                value={setup[name]}
                onChange={(event) => onChange({ ...setup, [name]: event.target.value })}
              />
            </Field>
          </div>
        </details>
      ))}
    </div>
  );
}
