/** Text that is HTML or XML already; everything else is escaped where it is put in. */
export type Markup = { readonly markup: string };

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// Control characters but tabs and line ends: neither XML nor HTML has a way to write them.
const UNWRITABLE = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu;

export const plain = (text: string): string => text.toWellFormed().replace(UNWRITABLE, "");

const escaped = (text: string): string =>
  plain(text).replace(/[&<>"']/g, (found) => entities[found] ?? found);

type Value = string | number | null | Markup | readonly Markup[];

function write(value: Value): string {
  if (value === null) return "";
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  return "markup" in value ? value.markup : value.map(({ markup: text }) => text).join("");
}

/** Writes markup; what is put in between is escaped, in text and in attributes in double quotes. */
export const markup = (parts: TemplateStringsArray, ...values: readonly Value[]): Markup => ({
  markup: parts
    .map((part, index) => part + (index < values.length ? write(values[index] ?? null) : ""))
    .join(""),
});

export const nothing: Markup = { markup: "" };
