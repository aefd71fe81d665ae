import { CreateJob } from "../../../contract/fine-tuning.ts";
import { Method } from "../../../contract/training.ts";
import { HYPERPARAMETERS, isFor, readValue } from "./hyperparameters.ts";

/** What the page's address says; "" is what nobody chose. */
export type Choices = {
  readonly file: string;
  readonly validation: string;
  readonly base: string;
  readonly method: Method | null;
  readonly suffix: string;
  readonly seed: string;
  /** By the hyperparameter's name, as typed. */
  readonly hyperparameters: Readonly<Record<string, string>>;
};

export function choicesOf(params: URLSearchParams): Choices {
  const get = (name: string) => params.get(name)?.trim() ?? "";
  return {
    file: get("file"),
    validation: get("validation"),
    base: get("base"),
    method: Method.safeParse(get("method")).data ?? null,
    suffix: get("suffix"),
    seed: get("seed"),
    hyperparameters: Object.fromEntries(HYPERPARAMETERS.map(({ name }) => [name, get(name)])),
  };
}

/** What the choices leave open, found out from the file and the models. */
export type Known = { readonly base: string; readonly method: Method };

type Asked = {
  /** null: something is missing or wrong. */
  readonly request: CreateJob | null;
  /** By the input's name. */
  readonly errors: Readonly<Record<string, string>>;
};

function hyperparametersOf(choices: Choices, method: Method) {
  const values: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of HYPERPARAMETERS.filter((one) => isFor(one, method))) {
    const text = choices.hyperparameters[field.name] ?? "";
    if (text === "") continue;
    const value = readValue(field, text);
    if (value === undefined) errors[field.name] = `Enter ${field.takes}, or leave it empty.`;
    else values[field.name] = value;
  }
  return { values, errors };
}

function otherErrors({ suffix, seed, file, validation }: Choices): Record<string, string> {
  const errors: Record<string, string> = {};
  if (suffix !== "" && !CreateJob.shape.suffix.safeParse(suffix).success)
    errors.suffix = "Use up to 64 letters, digits, '-' and '_'.";
  if (seed !== "" && !CreateJob.shape.seed.safeParse(Number(seed)).success)
    errors.seed = "Enter a whole number from 0 to 2147483647, or leave it empty.";
  if (file !== "" && file === validation) errors.validation = "Choose another file than the training file.";
  return errors;
}

export function requestOf(choices: Choices, { base, method }: Known): Asked {
  const { values, errors: wrong } = hyperparametersOf(choices, method);
  const errors = { ...wrong, ...otherErrors(choices) };
  const { file, validation, suffix, seed } = choices;
  if (file === "" || base === "" || Object.keys(errors).length > 0) return { request: null, errors };
  const request: CreateJob = {
    model: base,
    training_file: file,
    method: { type: method, [method]: { hyperparameters: values } },
    ...(validation === "" ? {} : { validation_file: validation }),
    ...(suffix === "" ? {} : { suffix }),
    ...(seed === "" ? {} : { seed: Number(seed) }),
  };
  return { request, errors };
}
