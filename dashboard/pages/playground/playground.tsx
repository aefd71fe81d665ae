import { type KeyboardEvent, useState } from "react";
import { useSearchParams } from "wouter";
import { useModels } from "../../common-queries.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Page } from "../../ui/card.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { isWorking, waiting } from "./answer.ts";
import { AnswerCard } from "./answer-card.tsx";
import { Examples } from "./examples.tsx";
import { ModelsChoice } from "./models-choice.tsx";
import { goOnFrom, Parameters, Prompt } from "./prompt.tsx";
import {
  baseOf,
  type Faults,
  fromQuery,
  joinModels,
  leftOut,
  readSetup,
  splitModels,
  toQuery,
} from "./setup.ts";
import { useAnswers } from "./use-answers.ts";

const isCheckpoint = (id: string) => /:ckpt-step-\d+$/.test(id);

/** The newest tuned model beside its base; without any, the first that there is. */
function usualModels(known: readonly string[]): readonly string[] {
  const tuned = known.find((id) => baseOf(id) !== null && !isCheckpoint(id));
  const base = tuned && baseOf(tuned);
  if (tuned && base && known.includes(base)) return [base, tuned];
  return known.slice(0, 1);
}

/** The fields, which the address shows as they were when a question was last asked. */
function useSetup() {
  const [params, setParams] = useSearchParams();
  const [setup, setSetup] = useState(() => fromQuery(params));
  const [faults, setFaults] = useState<Faults>({});
  const change = (next: typeof setup) => {
    setSetup(next);
    setFaults({});
  };
  // The models too: otherwise one that comes to be meanwhile would take another's place.
  const remember = (models: readonly string[]) =>
    setParams(
      (now) => {
        now.set("models", joinModels(models));
        for (const [name, value] of Object.entries(toQuery(setup))) {
          if (value === "") now.delete(name);
          else now.set(name, value);
        }
        return now;
      },
      { replace: true },
    );
  return { setup, faults, change, setFaults, remember };
}

function Ready({ known }: { readonly known: readonly string[] }) {
  const [written, setWritten] = useUrlState("models");
  const models = written === "" ? usualModels(known) : splitModels(written);
  const { setup, faults, change, setFaults, remember } = useSetup();
  const { answers, asked, ask, stop } = useAnswers();
  const isAnyWorking = [...answers.values()].some(isWorking);

  function submit() {
    const read = readSetup(setup);
    if ("faults" in read) return setFaults(read.faults);
    remember(models);
    ask(models, read.request);
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };
  const lacking = leftOut(setup);
  const fields = { setup, faults, onChange: change };
  return (
    <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[22rem_minmax(0,1fr)]">
      <Card>
        <form
          className="grid gap-4"
          onKeyDown={onKey}
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <ModelsChoice chosen={models} known={known} onChange={(next) => setWritten(joinModels(next))} />
          <Prompt {...fields} />
          <Parameters {...fields} />
          <div className="flex gap-2">
            <Button type="submit" kind="primary">
              {models.length > 1 ? `Ask ${models.length} models` : "Ask"}
            </Button>
            {isAnyWorking && <Button onClick={() => stop()}>Stop all</Button>}
          </div>
          {lacking !== "" && (
            <p className="text-sm text-soft">{`A link to this page leaves out ${lacking}.`}</p>
          )}
        </form>
      </Card>
      <div className="grid min-w-0 grid-cols-1 gap-4">
        <div className={`grid grid-cols-1 gap-4 ${models.length > 1 ? "md:grid-cols-2" : ""}`}>
          {models.map((model) => (
            <AnswerCard
              key={model}
              model={model}
              answer={answers.get(model)}
              question={asked}
              onStop={() => stop(model)}
              prices={setup}
              onGoOn={() => change(goOnFrom(setup, answers.get(model) ?? waiting(0)))}
            />
          ))}
        </div>
        <Examples />
      </div>
    </div>
  );
}

export default function Playground() {
  const found = useModels();
  return (
    <Page title="Playground">
      <QueryView
        query={found}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No model is on this server yet" command="npm run setup" />}
      >
        {(models) => <Ready known={models.map(({ id }) => id)} />}
      </QueryView>
    </Page>
  );
}
