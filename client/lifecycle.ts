import {
  BuiltinDescription,
  LifecycleChange,
  LifecyclePlan,
  LifecycleState,
  LifecycleStatus,
} from "../contract/lifecycle.ts";
import { itemsOf, pageOf } from "./pages.ts";
import type { Transport } from "./transport.ts";

const LIFECYCLE = "/perennial/lifecycle";
const CHANGES = `${LIFECYCLE}/changes`;
const ChangePage = pageOf(LifecycleChange);
const PAGE = 100;

/** As it is written, so that the lines that errors name are the file's. */
const yaml = (text: string) => ({
  method: "POST" as const,
  body: new Blob([text]),
  headers: { "content-type": "application/yaml" },
});

/** Dates of models and who may still train: changing them takes the operator's admin key. */
export const createLifecycle = ({ call }: Transport) => ({
  /** What is in force. */
  show: () => call(LifecycleState, LIFECYCLE),

  /** What a change, as YAML or JSON, would do; nothing is changed. */
  plan: (document: string) => call(LifecyclePlan, `${LIFECYCLE}/plans`, yaml(document)),

  /** `planHash`: of the plan that was reviewed, whole. */
  apply: (document: string, planHash: string) =>
    call(LifecycleChange, CHANGES, { ...yaml(document), query: { plan_hash: planHash } }),

  /** Newest first. */
  changes: () => itemsOf((after) => call(ChangePage, CHANGES, { query: { limit: PAGE, after } })),

  change: (id: string) => call(LifecycleChange, `${CHANGES}/${encodeURIComponent(id)}`),

  undo: (id: string) =>
    call(LifecycleChange, `${CHANGES}/${encodeURIComponent(id)}/undo`, { method: "POST" }),

  /** Where the calling project stands. */
  status: () => call(LifecycleStatus, `${LIFECYCLE}/status`),

  builtinPolicies: async () => (await call(pageOf(BuiltinDescription), `${LIFECYCLE}/builtin_policies`)).data,
});
export type Lifecycle = ReturnType<typeof createLifecycle>;
