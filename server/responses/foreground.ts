import { Refusal } from "../../contract/errors.ts";
import type { Item } from "../../contract/response-items.ts";
import type { ResponseObject, StreamEvent } from "../../contract/responses.ts";
import { type Answer, createAnswer } from "./answer.ts";
import type { ConversationLocks } from "./conversation-locks.ts";
import { type Endings, turnOf } from "./endings.ts";
import type { EventLog } from "./event-log.ts";
import type { Begun, Generator, Question } from "./generator.ts";
import { endEvent, type NewEvent, numbered, responseEvent } from "./output-events.ts";
import { conversationIdOf } from "./response.ts";
import type { ResponseStore } from "./response-store.ts";
import { newRow } from "./row.ts";

type Needs = {
  store: Pick<ResponseStore, "insert" | "insertEnded">;
  generator: Generator;
  eventLog: EventLog;
  endings: Endings;
  locks: ConversationLocks;
  keepSeconds: number | null;
};

/** A response that is to be made. It holds its conversation until it has ended. */
export type Asked = {
  readonly question: Question;
  readonly response: ResponseObject;
  /** What is new in it. */
  readonly input: readonly Item[];
};

type Running = Asked & { readonly begun: Begun; readonly answer: Answer; readonly signal: AbortSignal };

const brokenOff = ({ error }: ResponseObject) =>
  new Refusal("engine_unavailable", error?.message ?? "The model's engine could not answer.", null, 1);

export function createForeground(needs: Needs) {
  const { store, generator, eventLog, endings, locks, keepSeconds } = needs;

  async function runToEnd({ begun, answer, signal }: Running): Promise<ResponseObject> {
    const events = generator.events(begun, answer, signal);
    for (let step = await events.next(); ; step = await events.next()) if (step.done) return step.value;
  }

  async function keepWhole({ question, response, input }: Asked, ended: ResponseObject): Promise<void> {
    if (question.request.store === false) return;
    const row = { ...newRow(question, response, keepSeconds), status: ended.status };
    const { output: _, ...shown } = ended;
    const begin = { row: { ...row, response: JSON.stringify(shown) }, input, events: [] };
    await store.insertEnded(begin, { response: ended, events: [], turn: turnOf(ended, input) });
  }

  /** Answers at once and whole; what goes wrong is an ordinary refusal, and leaves nothing. */
  async function complete(asked: Asked, signal: AbortSignal): Promise<ResponseObject> {
    try {
      const begun = await generator.open(asked.question, signal);
      const ended = await runToEnd({ ...asked, begun, answer: createAnswer(asked.response), signal });
      signal.throwIfAborted();
      if (ended.status === "failed") throw brokenOff(ended);
      await keepWhole(asked, ended);
      return ended;
    } finally {
      locks.release(conversationIdOf(asked.question.request), asked.response.id);
    }
  }

  /** Everything up to the end; a client that leaves between two events ends the engine's work. */
  async function* middle(
    { begun, answer, signal }: Running,
    number: (event: NewEvent) => StreamEvent,
  ): AsyncGenerator<StreamEvent, ResponseObject> {
    const events = generator.events(begun, answer, signal);
    try {
      for (let step = await events.next(); ; step = await events.next()) {
        if (step.done) return step.value;
        yield number(step.value);
      }
    } finally {
      await events.return(answer.end({ status: "cancelled" }));
    }
  }

  async function* unstored(running: Running): AsyncGenerator<StreamEvent> {
    let next = 0;
    const number = (event: NewEvent) => numbered(event, next++);
    yield number(responseEvent("created", running.response));
    yield number(responseEvent("in_progress", running.response));
    yield number(endEvent(yield* middle(running, number)));
  }

  async function* stored(running: Running, first: readonly StreamEvent[]): AsyncGenerator<StreamEvent> {
    const { response, answer, input, question } = running;
    const conversation = conversationIdOf(question.request);
    let ended: ResponseObject | null = null;
    try {
      yield* first;
      ended = yield* middle(running, (event) => eventLog.push(response.id, event));
    } finally {
      // The client left between two events.
      if (!ended) await endings.end(answer.end({ status: "cancelled" }), input, conversation);
    }
    yield await endings.end(ended, input, conversation);
  }

  async function begin(asked: Asked, signal: AbortSignal): Promise<AsyncGenerator<StreamEvent>> {
    const begun = await generator.open(asked.question, signal);
    const running = { ...asked, begun, answer: createAnswer(asked.response), signal };
    if (asked.question.request.store === false) return unstored(running);
    const { response, question, input } = asked;
    const events = ["created", "in_progress"].map((type, index) =>
      numbered(responseEvent(type, response), index),
    );
    await store.insert({ row: newRow(question, response, keepSeconds), input, events });
    eventLog.begin(response.id, events.length);
    return stored(running, events);
  }

  /** Begins once the engine has: until then a failure is an ordinary refusal. */
  async function stream(asked: Asked, signal: AbortSignal): Promise<AsyncGenerator<StreamEvent>> {
    try {
      return await begin(asked, signal);
    } catch (error) {
      locks.release(conversationIdOf(asked.question.request), asked.response.id);
      throw error;
    }
  }

  return { complete, stream };
}
export type Foreground = ReturnType<typeof createForeground>;
