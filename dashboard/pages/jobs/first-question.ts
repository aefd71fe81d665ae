import { fromQuery, toQuery } from "../playground/setup.ts";
import type { Sample } from "./sample-row.ts";

const textOf = ({ content }: { readonly content?: unknown }) =>
  typeof content === "string" ? content : null;

/** A row's question as the playground's address has it; null where it is longer or more than a question there. */
export function questionInAddress({ question }: Sample): Record<string, string> | null {
  const { messages, tools } = question;
  const [system, user] = messages.length === 2 ? messages : [null, messages[0]];
  if (tools || messages.length > 2 || user?.role !== "user") return null;
  if (system && system.role !== "system" && system.role !== "developer") return null;
  const [before, text] = [system ? textOf(system) : "", textOf(user)];
  if (before === null || text === null) return null;
  const usual = fromQuery(new URLSearchParams());
  const setup = {
    ...usual,
    system: before,
    turns: [{ key: 0, role: "user", text }],
    temperature: "0",
  } as const;
  const query = toQuery(setup);
  return query.prompt === "" ? null : query;
}
