import { BundleProblem } from "../../bundle/problem.ts";
import { Refusal } from "../../contract/errors.ts";

export const RETRY_SECONDS = 30;

export const noSuchModel = (id: string) =>
  new Refusal(
    "model_not_found",
    `The model \`${id}\` does not exist or you do not have access to it.`,
    "model",
  );

export const isBase = (id: string) =>
  new Refusal("invalid_value", `${id} is a base model; only tuned models are exported.`, "model");

export const notYours = (id: string) =>
  new Refusal(
    "permission_denied",
    `${id} belongs to another project, which shares it with yours; only a key of that project can export it, since its training data goes with it.`,
    "model",
  );

export const noMerge = (model: string, base: string) =>
  new Refusal(
    "model_not_available",
    `${model} cannot be merged: its base model ${base} is not on this server any more. Export it without \`merged\`, or add the base again.`,
    "merged",
  );

export const tooManyMerges = () =>
  new Refusal(
    "merge_unavailable",
    "Too many merged models are waiting; they are made one at a time. Try again in a moment.",
    null,
    RETRY_SECONDS,
  );

export const unmerged = () =>
  new Refusal(
    "merge_unavailable",
    "The trainer could not merge the model; the server's log says why.",
    "merged",
  );

export const isStopping = () =>
  new Refusal("server_stopping", "The server is stopping.", null, RETRY_SECONDS);

export const invalidBundle = (problems: readonly string[]) => {
  const shown = problems.slice(0, 5).join(" ");
  const more = problems.length > 5 ? ` And ${problems.length - 5} problems more.` : "";
  return new Refusal(
    "invalid_bundle",
    `This is no whole exported model: ${shown}${more} \`perennial models verify\` tells all; export it again.`,
  );
};

export const tooLarge = () =>
  new Refusal("body_too_large", "An exported model may have 8 GB, its merged model left out.");

export const lacksBase = (base: string) =>
  new Refusal(
    "model_not_available",
    `The model needs the base model ${base}, which is not on this server. Add it first, then import again.`,
    "base",
  );

export const otherBase = (base: string, reason: string) =>
  new Refusal(
    "base_differs",
    `The model was trained on another ${base} than this server has: ${reason} Add the base that it was trained on.`,
    "base",
  );

export const nameTaken = (id: string, isOwn: boolean) =>
  new Refusal(
    "model_already_exists",
    isOwn
      ? `Another model is called ${id} in this project. Delete that one first, if this is the one to keep.`
      : `The name ${id} is taken by another project of this server.`,
    "model",
  );

export const unfaithful = (summary: string) =>
  new Refusal(
    "invalid_bundle",
    `The engine of this server does not give the model's own answers, so it would not behave as it was trained. ${summary}`,
  );

/** What a bundle lacks is its sender's to know. */
export const asRefusal = (error: unknown): unknown =>
  error instanceof BundleProblem ? invalidBundle([error.message]) : error;
