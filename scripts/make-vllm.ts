import { dirname } from "node:path";
import { makeVllm } from "./vllm/environment.ts";

// vLLM without a GPU, for trying it and for its tests.
await makeVllm(dirname(import.meta.dirname), process.env);
