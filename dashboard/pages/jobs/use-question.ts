import { useQuery } from "@tanstack/react-query";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { useClient } from "../../session.tsx";
import { questionInAddress } from "./first-question.ts";
import { readSamples } from "./sample-file.ts";

const FIRST = [1, 2, 3, 4, 5];

/**
 * A question of the job's data, for the playground's address. Asked otherwise than in its rows, a tuned model is easily
 * misjudged, so a comparison begins with one of them.
 */
export function useQuestion(job: FineTuningJob | undefined): Record<string, string> {
  const client = useClient();
  const file = job?.validation_file ?? job?.training_file ?? "";
  const found = useQuery({
    queryKey: ["first-question", file],
    enabled: file !== "",
    staleTime: "static",
    retry: false,
    queryFn: async () => {
      const samples = await readSamples(client, file, FIRST);
      return samples.map(questionInAddress).find((query) => query !== null) ?? {};
    },
  });
  return found.data ?? {};
}
