/** What a function's definition may hold: requests and training files are held to the same. */
export const TOOL_KEYS = ["type", "function"] as const;
export const FUNCTION_KEYS = ["name", "description", "parameters", "strict"] as const;
export const FUNCTION_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** Arguments are an object: so must the schema be that describes them. None at all describes any. */
export const describesObject = (parameters: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(parameters).length === 0 || parameters.type === "object";
