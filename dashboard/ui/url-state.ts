import { useSearchParams } from "wouter";

/** The words of the address's query, so that a link shows what its sender saw; null takes one out. */
export function useUrlWords() {
  const [words, setWords] = useSearchParams();
  const set = (name: string, value: string | null) =>
    setWords(
      (now) => {
        if (value === null) now.delete(name);
        else now.set(name, value);
        return now;
      },
      { replace: true },
    );
  return { words, set };
}

/** One of them; `initial` is left out. */
export function useUrlState(name: string, initial = ""): readonly [string, (value: string) => void] {
  const { words, set } = useUrlWords();
  return [words.get(name) ?? initial, (value) => set(name, value === initial ? null : value)];
}
