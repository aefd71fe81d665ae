import { z } from "zod";
import { argumentsFault } from "../../contract/call-arguments.ts";
import type { EngineChunk } from "../../contract/chat.ts";
import type { OutputItem, OutputStatus, TokenLogprob } from "../../contract/response-items.ts";
import type { ResponseObject, ResponseUsage } from "../../contract/responses.ts";
import { outputText } from "../conversations/item.ts";
import { newFunctionCallId, newMessageId, newToolCallId } from "../platform/ids.ts";
import { addedEvents, argumentsDelta, doneEvents, type NewEvent, textDelta } from "./output-events.ts";
import { presentUsage } from "./response.ts";

const CallDelta = z.object({
  index: z.int().default(0),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).default({}),
});
type CallDelta = z.infer<typeof CallDelta>;
const CallDeltas = z.array(CallDelta).nullish();

type Choice = EngineChunk["choices"][number];
type Open = { readonly item: OutputItem; readonly index: number; readonly callIndex: number | null };

/** Ids of what a model says; a test has its own. */
export type AnswerIds = { message(): string; functionCall(): string; call(): string };
const randomIds: AnswerIds = { message: newMessageId, functionCall: newFunctionCallId, call: newToolCallId };

const presentToken = (token: { token: string; logprob: number; bytes?: number[] | null | undefined }) => ({
  token: token.token,
  logprob: token.logprob,
  bytes: token.bytes ?? [],
});

const logprobsOf = ({ logprobs }: Choice): TokenLogprob[] =>
  (logprobs?.content ?? []).map(({ top_logprobs, ...token }) => ({
    ...presentToken(token),
    top_logprobs: top_logprobs.map(presentToken),
  }));

function assertReadable(item: OutputItem): void {
  if (item.type === "function_call" && argumentsFault(item.arguments) !== null)
    throw new Error("The model wrote a call whose arguments are no JSON.");
}

/** Puts an engine's pieces together to a response's output, and tells each step as OpenAI's events do. */
export function createAnswer(response: ResponseObject, ids: AnswerIds = randomIds) {
  const done: OutputItem[] = [];
  let open: Open | null = null;
  let waiting: TokenLogprob[] = [];
  let usage: ResponseUsage | null = null;
  let isCut = false;

  function close(status: OutputStatus): NewEvent[] {
    if (!open) return [];
    if (status === "completed") assertReadable(open.item);
    const { item, index } = { ...open, item: { ...open.item, status } };
    done.push(item);
    open = null;
    return doneEvents({ item, index });
  }

  function begin(item: OutputItem, callIndex: number | null): NewEvent[] {
    const closed = close("completed");
    open = { item, index: done.length, callIndex };
    return [...closed, ...addedEvents(open)];
  }

  const beginMessage = (): NewEvent[] =>
    begin(
      {
        id: ids.message(),
        type: "message",
        status: "in_progress",
        role: "assistant",
        content: [outputText("")],
      },
      null,
    );

  function takeText(text: string, logprobs: TokenLogprob[]): NewEvent[] {
    // A token that is half a character says nothing yet; its probability belongs to what it becomes.
    waiting.push(...logprobs);
    if (text === "") return [];
    const begun = open?.item.type === "message" ? [] : beginMessage();
    if (open?.item.type !== "message") return begun;
    const [part] = open.item.content;
    const before = part?.type === "output_text" ? part : outputText("");
    const said = waiting;
    waiting = [];
    const whole = outputText(before.text + text, [...before.logprobs, ...said]);
    open = { ...open, item: { ...open.item, content: [whole] } };
    return [...begun, textDelta(open, text, said)];
  }

  function beginCall(delta: CallDelta): NewEvent[] {
    const name = delta.function.name ?? "";
    return begin(
      {
        id: ids.functionCall(),
        type: "function_call",
        status: "in_progress",
        call_id: ids.call(),
        name,
        arguments: "",
      },
      delta.index,
    );
  }

  function takeCall(delta: CallDelta): NewEvent[] {
    waiting = [];
    const begun = open?.callIndex === delta.index ? [] : beginCall(delta);
    const written = delta.function.arguments ?? "";
    if (open?.item.type !== "function_call" || written === "") return begun;
    open = { ...open, item: { ...open.item, arguments: open.item.arguments + written } };
    return [...begun, argumentsDelta(open, written)];
  }

  function takeChoice(choice: Choice): NewEvent[] {
    if (choice.finish_reason === "length") isCut = true;
    const calls = CallDeltas.parse(choice.delta.tool_calls) ?? [];
    const logprobs = logprobsOf(choice);
    return [...takeText(choice.delta.content ?? "", logprobs), ...calls.flatMap(takeCall)];
  }

  /** With what was said so far. */
  const withOutput = (changes: Partial<ResponseObject>): ResponseObject => {
    const partial: OutputItem[] = open ? [{ ...open.item, status: "incomplete" }] : [];
    return { ...response, output: [...done, ...partial], ...(usage ? { usage } : {}), ...changes };
  };

  return {
    take(chunk: EngineChunk): NewEvent[] {
      if (chunk.usage) usage = presentUsage(chunk.usage);
      return chunk.choices.flatMap(takeChoice);
    },
    /** The engine has said all. */
    finish(now: number): { events: NewEvent[]; response: ResponseObject } {
      const said = done.length === 0 && !open ? beginMessage() : [];
      const events = [...said, ...close(isCut ? "incomplete" : "completed")];
      const cut = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } } as const;
      const whole = { status: "completed", completed_at: now } as const;
      return { events, response: withOutput(isCut ? cut : whole) };
    },
    /** Ended by somebody else, with what there is. */
    end: withOutput,
  };
}
export type Answer = ReturnType<typeof createAnswer>;
