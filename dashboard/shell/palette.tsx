// biome-ignore-all lint/a11y/useSemanticElements: a combobox whose options are links (WAI-ARIA's pattern)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the input's
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a list box is a list
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../ui/dialog.tsx";
import { Input } from "../ui/field.tsx";
import { matching, type Target, useTargets } from "./targets.ts";

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [question, setQuestion] = useState("");
  const [at, setAt] = useState(0);
  const [, go] = useLocation();
  const list = useId();
  const found = matching(useTargets(), question);
  const active = `${list}-${at}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another option is the active one
  useEffect(() => {
    document.getElementById(active)?.scrollIntoView({ block: "nearest" });
  }, [active, question]);

  function open(target: Target | undefined) {
    if (!target) return;
    go(target.href);
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
        aria-activedescendant={active}
        aria-label="A page, a model, a job or a file"
        placeholder="A page, a model, a job or a file"
        value={question}
        onKeyDown={onKey}
        onChange={(event) => {
          setQuestion(event.target.value);
          setAt(0);
        }}
      />
      <ul
        id={list}
        role="listbox"
        aria-label="Found"
        className="mt-3 grid max-h-96 grid-cols-1 overflow-y-auto"
      >
        {found.map((target, index) => (
          <li
            key={target.href}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            onClick={() => open(target)}
            className="flex min-w-0 cursor-pointer justify-between gap-3 rounded px-3 py-1.5 aria-selected:bg-sunk"
          >
            <span className="min-w-0 truncate">{target.name}</span>
            <span className="text-sm text-soft">{target.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="py-3 text-center text-soft">Nothing of that name.</p>}
    </Dialog>
  );
}
