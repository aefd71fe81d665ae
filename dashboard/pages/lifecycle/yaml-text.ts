/** A change as YAML, as one would write it by hand: only what a change holds, so no library is needed in the page. */

const PLAIN = /^[A-Za-z][\w.-]*( [\w.-]+)*\.?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** Words that YAML 1.1 or 1.2 reads as something else than text. */
const RESERVED = /^(true|false|yes|no|on|off|y|n|null)$/i;

function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isPlain = DAY.test(value) || (PLAIN.test(value) && !RESERVED.test(value));
  // A string of JSON is one of YAML.
  return isPlain ? value : JSON.stringify(value);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Small things stand on one line: `{ inactive: { days: 60 } }`. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (!isObject(value)) return scalar(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${inline(one)}`)
    .join(", ")} }`;
}

function itemLines(item: unknown): string[] {
  if (!isObject(item)) return [`  - ${inline(item)}`];
  return objectLines(item).map((line, index) => `${index === 0 ? "  - " : "    "}${line}`);
}

function objectLines(fields: Record<string, unknown>): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    Array.isArray(value) && value.some(isObject)
      ? [`${name}:`, ...value.flatMap(itemLines)]
      : [`${name}: ${inline(value)}`],
  );
}

export const yamlText = (document: Record<string, unknown>): string =>
  objectLines(document)
    .map((line) => `${line}\n`)
    .join("");
