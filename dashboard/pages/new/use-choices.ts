import { useMemo } from "react";
import { useUrlWords } from "../../ui/url-state.ts";
import { choicesOf } from "./choices.ts";

/** In the address, so that a link shows what its sender chose. */
export function useChoices() {
  const { words, set } = useUrlWords();
  const choices = useMemo(() => choicesOf(words), [words]);
  const choose = (name: string, value: string) => set(name, value === "" ? null : value);
  return { choices, choose };
}
export type Choose = ReturnType<typeof useChoices>["choose"];
