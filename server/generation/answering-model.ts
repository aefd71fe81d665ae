import type { Target } from "../models/models.ts";
import type { AnsweringModel } from "../usage/call.ts";

/** What is metered of a model. */
export const answeringModel = ({ model, base, adapter }: Target): AnsweringModel => ({
  model,
  base: base.id,
  isTuned: adapter !== null,
});
