// biome-ignore-all lint/a11y/useSemanticElements: a combobox whose options are links (WAI-ARIA's pattern)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the input's
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a list box is a list
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useState } from "react";
import { useLocation } from "wouter";
import { take } from "../../client/pages.ts";
import { screens } from "../pages.ts";
import { useClient } from "../session.tsx";
import { useAddress } from "../ui/address.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Input } from "../ui/field.tsx";

type Target = { readonly href: string; readonly name: string; readonly kind: string };
const MOST = 12;

const pages: readonly Target[] = screens.flatMap(({ path, title }) =>
  title ? [{ href: path, name: title, kind: "page" }] : [],
);

/** Every word of the question somewhere in the name. */
export const matches = (name: string, question: string): boolean =>
  question
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.toLowerCase().includes(word));

function useTargets(): readonly Target[] {
  const client = useClient();
  const jobs = useQuery({ queryKey: ["jobs", "newest"], queryFn: () => take(client.jobs.list(), 200) });
  const found = (jobs.data ?? []).map(({ id, fine_tuned_model, model }) => ({
    href: `/jobs/${id}`,
    name: `${fine_tuned_model ?? model} ${id}`,
    kind: "job",
  }));
  return [...pages, ...found];
}

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [question, setQuestion] = useState("");
  const [at, setAt] = useState(0);
  const [, go] = useLocation();
  const address = useAddress();
  const list = useId();
  const found = useTargets()
    .filter(({ name }) => matches(name, question))
    .slice(0, MOST);

  function open(target: Target | undefined) {
    if (!target) return;
    go(address(target.href));
    onClose();
  }
  function onKey(event: KeyboardEvent) {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) setAt((now) => (now + move + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") open(found[at]);
    else return;
    event.preventDefault();
  }
  return (
    <Dialog title="Find" onClose={onClose}>
      <Input
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={`${list}-${at}`}
        aria-label="A page, a job or a model"
        placeholder="A page, a job or a model"
        value={question}
        onKeyDown={onKey}
        onChange={(event) => {
          setQuestion(event.target.value);
          setAt(0);
        }}
      />
      <ul id={list} role="listbox" aria-label="Found" className="mt-3 grid">
        {found.map((target, index) => (
          <li
            key={target.href}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            onClick={() => open(target)}
            className="flex cursor-pointer justify-between gap-3 rounded px-3 py-1.5 aria-selected:bg-sunk"
          >
            <span className="truncate">{target.name}</span>
            <span className="text-sm text-soft">{target.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="py-3 text-center text-soft">Nothing of that name.</p>}
    </Dialog>
  );
}
