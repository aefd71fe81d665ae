import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useToast } from "./toast.tsx";

type Telling<Output> = {
  /** What begins the keys of the queries that it changes. */
  readonly topic: string;
  readonly done?: string | ((output: Output) => string);
  readonly onDone?: (output: Output) => void;
};

/** Something to do by a button: what it changes is asked for again, and what went wrong is told. */
export function useAct<Input, Output>(
  act: (input: Input) => Promise<Output>,
  { topic, done, onDone }: Telling<Output>,
) {
  const queries = useQueryClient();
  const tell = useToast();
  return useMutation({
    mutationFn: act,
    onSuccess: (output) => {
      onDone?.(output);
      if (done) tell(typeof done === "string" ? done : done(output));
    },
    onError: (error) => tell(error.message, true),
    onSettled: () => queries.invalidateQueries({ queryKey: [topic] }),
  });
}
