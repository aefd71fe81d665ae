import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { lacksModel } from "../../../../server/serving/fixtures/real-model.ts";

const checkout = resolve(import.meta.dirname, "../../../..");

/** The Python that has vLLM: as the server itself is told, or as scripts/make-vllm.ts makes it. */
export const vllmPython = process.env.PERENNIAL_VLLM ?? join(checkout, ".venv-vllm", "bin", "python");

/** Why vLLM cannot be used here; false: it can. */
export const lacksVllm: string | false =
  lacksModel ||
  (existsSync(vllmPython)
    ? false
    : "no vLLM: `node scripts/run.mjs scripts/make-vllm.ts` makes it, or name one in PERENNIAL_VLLM");

// As little memory as the tests need; what is set already stays.
process.env.VLLM_CPU_KVCACHE_SPACE ??= "1";
