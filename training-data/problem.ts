/** What a rule finds wrong with a row. `message` begins as OpenAI's does; `fixes` says what to do about each kind. */

export const fixes = {
  invalid_jsonl: "Write every row as one JSON object on one line, as UTF-8 without a byte-order mark.",
  wrong_method:
    "Create the job with the method that the file is made for, or upload a file of the other format.",
  unknown_format:
    'Write rows as {"messages": […]}, as {"prompt": …, "completion": …}, or for the method dpo as {"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}.',
  mixed_formats: "Put rows of different formats into files of their own, and train with each by itself.",
  missing_key: "Add the key.",
  extra_key:
    "Remove the key, or move it to where it belongs: 'weight' into an assistant message, 'system' into a message of that role, 'messages' beside outputs into 'input'.",
  wrong_type: "Write the value in the type that is named.",
  empty: "Fill it, or remove the row.",
  missing_role: "Give every message a 'role': system, developer, user, assistant or tool.",
  unknown_role: "Use one of system, developer, user, assistant and tool.",
  missing_content:
    "Give the message its text as 'content'; only an assistant that calls a tool may go without.",
  image: "Remove the image, or the row: the base model reads text only.",
  not_text: "Remove the part, or the row: the base model reads text only.",
  unknown_part: 'Write text as a string, or as {"type": "text", "text": "…"}.',
  bad_weight: "Use 0 (not trained on) or 1 (trained on), on assistant messages.",
  bad_tool_call:
    'Write calls as {"id": "…", "type": "function", "function": {"name": "…", "arguments": "{…}"}}.',
  bad_arguments: 'Write the arguments as one string that holds JSON, such as "{\\"city\\": \\"Oslo\\"}".',
  bad_tool: 'Write tools as {"type": "function", "function": {"name": "…", "parameters": {…}}}.',
  number_too_large: "Write a number below 1.8e308, as every JSON reader holds it, or write it as text.",
  nothing_to_train: "Add an assistant message, or give one the weight 1.",
  bad_output: "Give exactly one assistant message as the preferred output, and one as the other.",
  ill_formed_text: 'Write both halves of the character, or remove the escape such as "\\ud83d".',
} as const satisfies Record<string, string>;
export type ProblemCode = keyof typeof fixes;

export type RowProblem = { readonly code: ProblemCode; readonly param: string; readonly message: string };

/** Where in a row a rule looks, and where it says what it found. */
export type Place = {
  readonly example: number;
  /** As OpenAI counts: `message 2`; "" for the row itself. */
  readonly noun: string;
  readonly param: string;
  readonly found: RowProblem[];
};

/** One row cannot fill the list. */
const MOST_IN_A_ROW = 100;

export const rowPlace = (example: number, found: RowProblem[]): Place => ({
  example,
  noun: "",
  param: "",
  found,
});

export const keyOf = (place: Place, key: string): Place => ({
  ...place,
  param: place.param === "" ? key : `${place.param}.${key}`,
});

export const itemOf = (place: Place, index: number): Place => ({
  ...place,
  param: `${place.param}[${index}]`,
});

export const messageOf = (place: Place, index: number, noun = "message"): Place => ({
  ...itemOf(place, index),
  noun: `${noun} ${index + 1}`,
});

/** Whether more would be noted: a row of a million wrong values is not worth the time. */
export const isFull = ({ found }: Place): boolean => found.length >= MOST_IN_A_ROW;

export function add({ example, noun, param, found }: Place, code: ProblemCode, text: string): void {
  if (found.length >= MOST_IN_A_ROW) return;
  const message = noun === "" ? `Example ${example} ${text}.` : `Example ${example}, ${noun} ${text}`;
  found.push({ code, param: param === "" ? "row" : param, message });
}

export const typeName = (value: unknown): string => {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};

/** A caller's own word in a sentence, at a bearable length. */
export const quoted = (value: unknown): string => {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "undefined");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** Every key that is not in the list. */
export function checkKeys(
  place: Place,
  value: Readonly<Record<string, unknown>>,
  allowed: readonly string[],
) {
  for (const key in value) {
    if (isFull(place)) return;
    if (!allowed.includes(key)) add(keyOf(place, key), "extra_key", `contains an extra ${quoted(key)}`);
  }
}
