import { useSearchParams } from "wouter";

/** A word of the address's query, so that a link shows what its sender saw; "" is left out. */
export function useUrlState(name: string, initial = ""): readonly [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = (value: string) =>
    setParams(
      (now) => {
        if (value === initial) now.delete(name);
        else now.set(name, value);
        return now;
      },
      { replace: true },
    );
  return [params.get(name) ?? initial, set];
}
