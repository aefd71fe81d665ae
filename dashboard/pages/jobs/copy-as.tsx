import type { ReactNode } from "react";
import type { FineTuningJob } from "../../../contract/fine-tuning.ts";
import { CopyButton } from "../../ui/code.tsx";

const codeOf = (job: FineTuningJob): Record<string, string> => {
  const request = JSON.stringify(
    { model: job.model, training_file: job.training_file, seed: job.seed, method: job.method },
    null,
    2,
  );
  return {
    curl: `curl ${location.origin}/v1/fine_tuning/jobs -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d '${request}'`,
    Python: `from openai import OpenAI\n\nclient = OpenAI(base_url="${location.origin}/v1")\nclient.fine_tuning.jobs.create(**${request.replaceAll("null", "None").replaceAll("true", "True").replaceAll("false", "False")})`,
    TypeScript: `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${location.origin}/v1" });\nawait client.fineTuning.jobs.create(${request});`,
  };
};

export const CopyAs = ({ job }: { readonly job: FineTuningJob }): ReactNode => (
  <span className="text-sm text-soft">
    Copy as
    {Object.entries(codeOf(job)).map(([name, text]) => (
      <CopyButton key={name} label={name} text={text} />
    ))}
  </span>
);
