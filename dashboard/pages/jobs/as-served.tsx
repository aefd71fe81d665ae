import { FidelityEventData } from "../../../contract/fine-tuning.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card, Stat } from "../../ui/card.tsx";
import { figure, whole } from "../../ui/format.ts";
import { useEvents } from "./event-query.ts";

type Fidelity = FidelityEventData["fidelity"];

const share = (value: number | null) => (value === null ? "–" : `${figure(100 * value)}%`);

const meaning = ({ passes, rows }: Fidelity) => {
  if (rows === 0) return "No row has an answer that an engine could be asked for, so nothing was compared.";
  return passes
    ? "What you call is what was trained: the engine gives the words of known answers the probabilities that the trainer gives them, up to rounding."
    : "The engine does not give the trainer's answers with these weights, so they did not become a model.";
};

const Verdict = ({ passes, rows }: Fidelity) => {
  if (rows === 0) return <Badge tone="plain">not compared</Badge>;
  return passes ? <Badge tone="good">as trained</Badge> : <Badge tone="bad">differs</Badge>;
};

function Figures({ fidelity }: { readonly fidelity: Fidelity }) {
  const { rows, tokens, difference, limit, effect } = fidelity;
  return (
    <dl className="mb-3 flex flex-wrap gap-x-8 gap-y-3">
      <Stat label="Verdict">
        <Verdict {...fidelity} />
      </Stat>
      <Stat label="Compared">{`${whole(rows)} answers, ${whole(tokens)} tokens`}</Stat>
      <Stat label="Difference">{share(difference)}</Stat>
      <Stat label="Limit">{share(limit)}</Stat>
      <Stat label="Training changed">{share(effect)}</Stat>
    </dl>
  );
}

/** How near the served model is to what was trained, measured when the last step was done. */
export function AsServed({ id }: { readonly id: string }) {
  const { data = [] } = useEvents(id);
  const [fidelity] = data.flatMap((event) => FidelityEventData.safeParse(event.data).data?.fidelity ?? []);
  if (!fidelity) return null;
  return (
    <Card title="As served">
      <Figures fidelity={fidelity} />
      <p className="text-soft">
        {meaning(fidelity)}
        {fidelity.rows > 0 && " The figures are of a token's probability, on average."}
      </p>
    </Card>
  );
}
