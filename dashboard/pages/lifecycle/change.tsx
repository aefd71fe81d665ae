import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Client } from "../../../client/client.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Field, Textarea } from "../../ui/field.tsx";
import { QueryView } from "../../ui/states.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { ChangeForm, type Known } from "./change-form.tsx";
import { type Draft, documentOf, missingOf } from "./draft.ts";
import { History } from "./history.tsx";
import { nothingWritten, type Writing } from "./kept-draft.ts";
import { ApplyButton, PlanView } from "./plan-view.tsx";
import { useWrittenAddress } from "./use-writing.ts";
import { yamlText } from "./yaml-text.ts";

type Props = { readonly writing: Writing; setWriting(writing: Writing): void };

const TYPED_MS = 400;

/** The text once typing has stopped, so that half a word is not planned. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Plan({ text, onDone }: { readonly text: string; onDone(): void }) {
  const client = useClient();
  const asked = useSettled(text);
  const found = useQuery({
    queryKey: ["lifecycle", "plan", asked],
    queryFn: () => client.lifecycle.plan(asked),
    placeholderData: keepPreviousData,
  });
  return (
    <QueryView query={found}>
      {(plan) => (
        <div className="grid gap-4">
          <PlanView plan={plan} />
          <div className="flex items-center gap-3">
            <ApplyButton
              plan={plan}
              text={asked}
              isReady={asked === text && !found.isPlaceholderData}
              onDone={onDone}
            />
            <span className="text-sm text-soft">Nothing has changed yet.</span>
          </div>
        </div>
      )}
    </QueryView>
  );
}

async function readKnown(client: Client): Promise<Known> {
  const [state, builtins, models] = await Promise.all([
    client.lifecycle.show(),
    client.lifecycle.builtinPolicies(),
    client.models.list().catch(() => []), // An admin without a project has no models, but the bases' dates.
  ]);
  const served = models.filter(({ id }) => !id.startsWith("ft:")).map(({ id }) => id);
  return { state, builtins, bases: [...new Set([...served, ...state.models.map(({ id }) => id)])].sort() };
}

const needsBase = ({ kind, builtin, scope }: Draft, { builtins }: Known): boolean => {
  if (kind === "builtin") return builtins.find(({ name }) => name === builtin)?.needs_base ?? false;
  return kind === "model" || (kind === "policy" && scope === "base");
};

const EXAMPLE = `models:
  - id: smollm2-135m-instruct
    shutdown_at: 2027-06-01
    reason: The next one answers better.`;

const YamlField = ({ yaml, onYaml }: { readonly yaml: string; onYaml(text: string): void }) => (
  <Field
    label="The change, as YAML or JSON"
    hint="Any number of models and policies; docs/guide/lifecycle.md lists all fields."
  >
    <Textarea
      rows={18}
      spellCheck={false}
      placeholder={EXAMPLE}
      value={yaml}
      onChange={(event) => onYaml(event.target.value)}
    />
  </Field>
);

function Editor({ known, writing, setWriting }: Props & { readonly known: Known }) {
  const [mode, setMode] = useUrlState("write", "form");
  useWrittenAddress(writing);
  const { draft, yaml } = writing;
  const isYaml = mode === "yaml";
  const missing = isYaml
    ? yaml.trim() === ""
      ? "Write a change."
      : null
    : missingOf(draft, needsBase(draft, known));
  const formText = yamlText(documentOf(draft));
  const toYaml = () => {
    if (missing === null) setWriting({ draft, yaml: formText });
    setMode("yaml");
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card
        title="Write a change"
        actions={
          isYaml ? (
            <Button onClick={() => setMode("form")}>As a form</Button>
          ) : (
            <Button onClick={toYaml}>As YAML</Button>
          )
        }
      >
        {isYaml ? (
          <YamlField yaml={yaml} onYaml={(text) => setWriting({ draft, yaml: text })} />
        ) : (
          <ChangeForm
            draft={draft}
            edit={(fields) => setWriting({ draft: { ...draft, ...fields }, yaml })}
            known={known}
          />
        )}
      </Card>
      <Card title="What it would do">
        {missing === null ? (
          <Plan text={isYaml ? yaml : formText} onDone={() => setWriting(nothingWritten)} />
        ) : (
          <p className="text-soft">{missing} The plan appears here; nothing changes until you apply it.</p>
        )}
      </Card>
    </div>
  );
}

/** For the operator: dates and policies, planned before they are set. */
export function Change(props: Props) {
  const client = useClient();
  const known = useQuery({ queryKey: ["lifecycle", "known"], queryFn: () => readKnown(client) });
  return (
    <QueryView query={known}>
      {(found) => (
        <>
          <Editor {...props} known={found} />
          <History />
        </>
      )}
    </QueryView>
  );
}
