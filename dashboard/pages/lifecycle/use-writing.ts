import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useUrlWords } from "../../ui/url-state.ts";
import { fromWords, nothingWritten, toWords, type Writing } from "./kept-draft.ts";

const queryKey = ["lifecycle-draft"];
const TYPED_MS = 400;

/** What is being written: kept while other pages are looked at, and in the address for when this one is loaded again. */
export function useWriting() {
  const { words } = useUrlWords();
  const queries = useQueryClient();
  const { data: writing = nothingWritten } = useQuery<Writing>({
    queryKey,
    queryFn: skipToken,
    initialData: () => fromWords(words),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  return { writing, setWriting: (next: Writing) => void queries.setQueryData(queryKey, next) };
}

/** Writes it into the address once typing has stopped: browsers limit how often an address may change. */
export function useWrittenAddress(writing: Writing): void {
  const { words, set } = useUrlWords();
  const { draft, yaml } = toWords(writing);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (words.get("draft") !== draft) set("draft", draft);
      if (words.get("yaml") !== yaml) set("yaml", yaml);
    }, TYPED_MS);
    return () => clearTimeout(timer);
  });
}
