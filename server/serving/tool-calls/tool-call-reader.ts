import type { ToolFormat } from "./tool-format.ts";

/** A piece of an answer, as OpenAI streams it. */
export type AnswerDelta =
  | { readonly content: string }
  | {
      readonly tool_calls: readonly {
        readonly index: number;
        readonly id?: string;
        readonly type?: "function";
        readonly function: { readonly name?: string; readonly arguments: string };
      }[];
    };

type Needs = {
  readonly format: ToolFormat;
  readonly newId: () => string;
  /** A call is given out whole or not at all: the text may stop in the middle of it. */
  readonly isHeld: boolean;
  /** There is no text: what looks like some is a call that was cut. */
  readonly mustCall: boolean;
};

const QUOTE = '"';

/** Follows JSON until its outermost bracket closes. */
function createJsonEnd() {
  let depth = 0;
  let isString = false;
  let isEscaped = false;
  function step(one: string): boolean {
    if (isEscaped) isEscaped = false;
    else if (isString && one === "\\") isEscaped = true;
    else if (one === QUOTE) isString = !isString;
    else if (!isString && (one === "{" || one === "[")) depth += 1;
    else if (!isString && (one === "}" || one === "]")) depth -= 1;
    return depth === 0;
  }
  /** How many characters of `text` belong to it; null: all, and it goes on. */
  return (text: string): number | null => {
    for (let at = 0; at < text.length; at += 1) if (step(text.charAt(at))) return at + 1;
    return null;
  };
}

/** Text that may yet turn out to be the beginning of a call. */
function heldBack(text: string, marker: string): number {
  const lead = /\s*$/.exec(text)?.[0].length ?? 0;
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length -= 1) {
    if (!text.endsWith(marker.slice(0, length))) continue;
    const before = text.slice(0, -length);
    return length + (/\s*$/.exec(before)?.[0].length ?? 0);
  }
  return lead;
}

/** Takes an answer in any pieces and tells text and calls apart. */
export function createToolCallReader({ format, newId, isHeld, mustCall }: Needs) {
  const { open, between, close, marker } = format;
  let state: "text" | "head" | "arguments" | "tail" = "text";
  let pending = "";
  let index = -1;
  let completed = 0;
  let held: AnswerDelta[] = [];
  let endOf = createJsonEnd();

  function give(delta: AnswerDelta): AnswerDelta[] {
    if (!isHeld) return [delta];
    held.push(delta);
    return [];
  }

  /** Each step takes what it can of `pending`; null: it needs more. */
  const steps = {
    text(): AnswerDelta[] | null {
      const at = pending.indexOf(marker);
      const end = at < 0 ? pending.length - heldBack(pending, marker) : at;
      const written = at < 0 ? pending.slice(0, end) : pending.slice(0, end).trimEnd();
      if (at < 0 && written === "") return null;
      pending = pending.slice(end);
      if (at >= 0) state = "head";
      return written === "" ? [] : [{ content: written }];
    },
    head(): AnswerDelta[] | null {
      const at = pending.indexOf(between, open.length);
      if (at < 0) return null;
      const name = pending.slice(open.length, at);
      pending = pending.slice(at + between.length);
      state = "arguments";
      index += 1;
      endOf = createJsonEnd();
      const call = { index, id: newId(), type: "function" as const, function: { name, arguments: "" } };
      return give({ tool_calls: [call] });
    },
    arguments(): AnswerDelta[] | null {
      if (pending === "") return null;
      const end = endOf(pending);
      const written = pending.slice(0, end ?? pending.length);
      pending = pending.slice(written.length);
      const given = give({ tool_calls: [{ index, function: { arguments: written } }] });
      if (end === null) return given;
      state = "tail";
      completed += 1;
      const whole = [...held, ...given];
      held = [];
      return whole;
    },
    tail(): AnswerDelta[] | null {
      if (pending.length < close.length) return null;
      pending = pending.slice(close.length);
      state = "text";
      return [];
    },
  };

  function push(text: string): AnswerDelta[] {
    pending += text;
    const deltas: AnswerDelta[] = [];
    for (let found = steps[state](); found !== null; found = steps[state]()) deltas.push(...found);
    return deltas;
  }

  /** What was held back and is text after all. */
  const end = (): AnswerDelta[] =>
    state === "text" && pending !== "" && index < 0 && !mustCall ? [{ content: pending }] : [];

  return { push, end, hasCompleted: () => completed > 0 };
}
export type ToolCallReader = ReturnType<typeof createToolCallReader>;
