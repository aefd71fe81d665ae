import { useState } from "react";
import { Link } from "wouter";
import { modelPath, useAddress } from "../../ui/address.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Code, CopyButton } from "../../ui/code.tsx";
import { figure } from "../../ui/format.ts";
import { type Answer, type Call, isUseful, isWorking, secondsToFirst, tokensPerSecond } from "./answer.ts";
import { answerBadges } from "./answer-badge.tsx";
import { costOf, money, type Prices } from "./cost.ts";
import { SaveExample } from "./examples.tsx";
import { schemaFault } from "./schema-fault.ts";
import type { Question } from "./use-answers.ts";

const shown = (value: number | null, unit: string) => (value === null ? "–" : `${figure(value)}${unit}`);

function Figures({ answer, prices }: { readonly answer: Answer; readonly prices: Prices }) {
  const { usage, finishReason } = answer;
  const cost = costOf(usage, prices);
  const facts: readonly (readonly [string, string])[] = [
    ["First token", shown(secondsToFirst(answer), " s")],
    ["Speed", shown(tokensPerSecond(answer), " tokens/s")],
    ["Tokens", usage ? `${usage.prompt_tokens} in, ${usage.completion_tokens} out` : "–"],
    ["Ended by", finishReason?.replace("_", " ") ?? "–"],
    ...(cost === null
      ? []
      : [["Cost", money(cost)] as const, ["1,000 like it", money(1000 * cost)] as const]),
  ];
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-1 text-sm">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-soft">{name}</dt>
          <dd className="tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const readable = (written: string) => {
  try {
    return JSON.stringify(JSON.parse(written), null, 2);
  } catch {
    return written;
  }
};

const Calls = ({ calls }: { readonly calls: readonly Call[] }) => (
  <ul aria-label="Tool calls" className="grid grid-cols-1 gap-2">
    {calls.map(({ id, name, arguments: written }) => (
      <li key={id} className="grid grid-cols-1 gap-1">
        <p className="text-sm">
          Calls <span className="font-mono font-semibold">{name}</span>
        </p>
        <Code text={readable(written)} />
      </li>
    ))}
  </ul>
);

/** JSON that a schema asked for, with its verdict once it is whole. */
function JsonText({ answer, schema }: { readonly answer: Answer; readonly schema: Record<string, unknown> }) {
  if (isWorking(answer))
    return <p className="font-mono text-sm wrap-anywhere whitespace-pre-wrap">{answer.text}</p>;
  const fault = schemaFault(answer.text, schema);
  return (
    <div className="grid grid-cols-1 gap-2">
      <Code text={readable(answer.text)} />
      {fault === null ? (
        <Badge tone="good">as the schema wants it</Badge>
      ) : (
        <p className="text-sm wrap-anywhere text-bad">{`✕ ${fault}.`}</p>
      )}
    </div>
  );
}

type TextProps = { readonly answer: Answer; readonly model: string; readonly question: Question | null };
function AnswerText({ answer, model, question }: TextProps) {
  const format = question?.response_format;
  const schema = format?.type === "json_schema" ? format.json_schema.schema : undefined;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a part of the page with a name, not a form's
    <div role="group" aria-label={`Answer of ${model}`} aria-busy={isWorking(answer)}>
      {schema && answer.text !== "" ? (
        <JsonText answer={answer} schema={schema} />
      ) : (
        <p className="break-words whitespace-pre-wrap">{answer.text}</p>
      )}
    </div>
  );
}

type Props = {
  readonly model: string;
  readonly answer: Answer | undefined;
  readonly question: Question | null;
  readonly prices: Prices;
  readonly onStop: () => void;
  readonly onGoOn: () => void;
};

function Next({ answer, question, onGoOn }: Pick<Props, "question" | "onGoOn"> & { answer: Answer }) {
  const [isSaving, setSaving] = useState(false);
  if (!question || !isUseful(answer)) return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button onClick={() => setSaving(true)}>Save as an example</Button>
      <Button onClick={onGoOn}>
        {answer.calls.length === 0 ? "Go on from this" : "Add the tool's result"}
      </Button>
      <CopyButton text={answer.text} />
      {isSaving && <SaveExample question={question} answer={answer} onClose={() => setSaving(false)} />}
    </div>
  );
}

export function AnswerCard({ model, answer, question, prices, onStop, onGoOn }: Props) {
  const address = useAddress();
  return (
    <section
      aria-label={model}
      className="grid min-w-0 grid-cols-1 content-start gap-3 rounded-lg border border-line bg-panel p-4"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="min-w-0 font-semibold break-all">
          <Link href={address(modelPath(model))} className="hover:underline">
            {model}
          </Link>
        </h2>
        {/* Only the state is told to screen readers as it changes; the text would be told word by word. */}
        <span className="flex items-center gap-2" role="status">
          {answer && answerBadges[answer.status]}
        </span>
      </div>
      {!answer && <p className="text-soft">Its answer comes here.</p>}
      {answer && (
        <>
          {isWorking(answer) && <Button onClick={onStop}>Stop</Button>}
          {answer.error && (
            <p role="alert" className="break-words text-bad">
              {answer.error}
            </p>
          )}
          <AnswerText answer={answer} model={model} question={question} />
          {answer.calls.length > 0 && <Calls calls={answer.calls} />}
          <Figures answer={answer} prices={prices} />
          <Next answer={answer} question={question} onGoOn={onGoOn} />
        </>
      )}
    </section>
  );
}
