import { useState } from "react";
import { Link } from "wouter";
import { modelPath, useAddress } from "../../ui/address.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Code, CopyButton } from "../../ui/code.tsx";
import { figure } from "../../ui/format.ts";
import { type Answer, type Call, isUseful, isWorking, secondsToFirst, tokensPerSecond } from "./answer.ts";
import { SaveExample } from "./examples.tsx";
import type { Question } from "./use-answers.ts";

const badges = {
  waiting: <Badge tone="plain">waiting</Badge>,
  streaming: <Badge tone="busy">answering</Badge>,
  done: <Badge tone="good">done</Badge>,
  stopped: <Badge tone="warn">stopped</Badge>,
  failed: <Badge tone="bad">failed</Badge>,
};

const shown = (value: number | null, unit: string) => (value === null ? "–" : `${figure(value)}${unit}`);

function Figures({ answer }: { readonly answer: Answer }) {
  const { usage, finishReason } = answer;
  const facts: readonly (readonly [string, string])[] = [
    ["First token", shown(secondsToFirst(answer), " s")],
    ["Speed", shown(tokensPerSecond(answer), " tokens/s")],
    ["Tokens", usage ? `${usage.prompt_tokens} in, ${usage.completion_tokens} out` : "–"],
    ["Ended by", finishReason?.replace("_", " ") ?? "–"],
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
  <ul className="grid gap-2">
    {calls.map(({ id, name, arguments: written }) => (
      <li key={id}>
        <p className="mb-1 text-sm">
          Calls <span className="font-mono">{name}</span>
        </p>
        <Code text={readable(written)} />
      </li>
    ))}
  </ul>
);

type TextProps = { readonly answer: Answer; readonly model: string };
const AnswerText = ({ answer, model }: TextProps) => (
  // biome-ignore lint/a11y/useSemanticElements: a part of the page with a name, not a form's
  <div role="group" aria-label={`Answer of ${model}`} aria-busy={isWorking(answer)}>
    <p className="break-words whitespace-pre-wrap">{answer.text}</p>
  </div>
);

type Props = {
  readonly model: string;
  readonly answer: Answer | undefined;
  readonly question: Question | null;
  readonly onStop: () => void;
  readonly onGoOn: () => void;
};

function Next({ answer, question, onGoOn }: Pick<Props, "question" | "onGoOn"> & { answer: Answer }) {
  const [isSaving, setSaving] = useState(false);
  if (!question || !isUseful(answer)) return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button onClick={() => setSaving(true)}>Save as an example</Button>
      {answer.calls.length === 0 && <Button onClick={onGoOn}>Go on from this</Button>}
      <CopyButton text={answer.text} />
      {isSaving && <SaveExample question={question} answer={answer} onClose={() => setSaving(false)} />}
    </div>
  );
}

export function AnswerCard({ model, answer, question, onStop, onGoOn }: Props) {
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
          {answer && badges[answer.status]}
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
          <AnswerText answer={answer} model={model} />
          {answer.calls.length > 0 && <Calls calls={answer.calls} />}
          <Figures answer={answer} />
          <Next answer={answer} question={question} onGoOn={onGoOn} />
        </>
      )}
    </section>
  );
}
