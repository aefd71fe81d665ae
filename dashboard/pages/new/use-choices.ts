import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { choicesOf } from "./choices.ts";

/** In the address, so that a link shows what its sender chose. */
export function useChoices() {
  const [params, setParams] = useSearchParams();
  const choices = useMemo(() => choicesOf(params), [params]);
  const choose = (name: string, value: string) =>
    setParams(
      (now) => {
        if (value === "") now.delete(name);
        else now.set(name, value);
        return now;
      },
      { replace: true },
    );
  return { choices, choose };
}
export type Choose = ReturnType<typeof useChoices>["choose"];
