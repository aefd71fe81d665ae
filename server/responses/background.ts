import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../../contract/errors.ts";
import type { Item } from "../../contract/response-items.ts";
import type { ResponseObject } from "../../contract/responses.ts";
import { readItem } from "../conversations/item-page.ts";
import { answeringModel } from "../generation/answering-model.ts";
import type { Target } from "../models/models.ts";
import type { Log } from "../platform/log.ts";
import type { Meter } from "../usage/meter.ts";
import type { Usage } from "../usage/usage.ts";
import { createAnswer } from "./answer.ts";
import { createBackgroundQueue, STOPPING } from "./background-queue.ts";
import type { ContextOf } from "./context.ts";
import type { ConversationLocks } from "./conversation-locks.ts";
import type { Endings } from "./endings.ts";
import type { EventLog } from "./event-log.ts";
import type { Asked } from "./foreground.ts";
import { type Begun, errorOf, type Generator, type Question } from "./generator.ts";
import { numbered, responseEvent } from "./output-events.ts";
import { conversationIdOf, failedResponse } from "./response.ts";
import type { ResponseRow, ResponseStore } from "./response-store.ts";
import { askerOf, newRow, readRequest, readResponse } from "./row.ts";
import { storedOutput } from "./stored-output.ts";

type Needs = {
  store: ResponseStore;
  resolve: (projectId: string, model: string) => Promise<Target>;
  context: ContextOf;
  generator: Generator;
  usage: Usage;
  eventLog: EventLog;
  endings: Endings;
  locks: ConversationLocks;
  keepSeconds: number | null;
  /** How many are made at a time. */
  places: number;
  log: Log;
};

type Saying = ReturnType<Generator["events"]>;

/** Open ones of a project. */
const MOST_OPEN = 100;
/** A response during which the server dies again and again may be why. */
const MOST_ATTEMPTS = 3;
/** Engines that are full or starting say when to try again; this often, with pauses of at most so many seconds. */
const MOST_TRIES = 20;
const LONGEST_PAUSE_SECONDS = 30;

const tooMany = () =>
  new Refusal(
    "too_many_responses",
    `${MOST_OPEN} background responses of this project are queued or in progress. Wait for one to end, or cancel one.`,
    "background",
    10,
  );

const isWorthWaiting = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.retryAfter !== null;

export function createBackground(needs: Needs) {
  const { store, resolve, context, generator, eventLog, endings, locks, log } = needs;
  const queue = createBackgroundQueue({ places: needs.places, run, log });

  const inputOf = async (id: string): Promise<Item[]> => (await store.itemsOf(id, "input")).map(readItem);

  async function openPatiently(question: Question, signal: AbortSignal): Promise<Begun> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await generator.open(question, signal);
      } catch (error) {
        if (!isWorthWaiting(error) || tries === MOST_TRIES) throw error;
        const seconds = Math.min(error.retryAfter ?? 1, LONGEST_PAUSE_SECONDS);
        await delay(seconds * 1000, undefined, { signal, ref: false });
      }
    }
  }

  function meterOf(row: ResponseRow): Meter {
    const { model, stream } = readRequest(row);
    const call = { ...askerOf(row), requestId: row.id, model, isStreamed: stream ?? false };
    return needs.usage.begin({ ...call, endpoint: "responses" });
  }

  async function questionOf(row: ResponseRow, input: readonly Item[], meter: Meter): Promise<Question> {
    const request = readRequest(row);
    const target = await resolve(row.project_id, request.model);
    meter.resolved(answeringModel(target));
    const earlier = await context.earlierOf(row.project_id, request);
    return { asker: askerOf(row), request, target, items: context.joined({ earlier, input }), meter };
  }

  async function say(id: string, events: Saying): Promise<ResponseObject> {
    for (let step = await events.next(); ; step = await events.next()) {
      if (step.done) return step.value;
      eventLog.push(id, step.value);
    }
  }

  /** The response as it ended, whatever went wrong. */
  async function make(
    row: ResponseRow,
    input: readonly Item[],
    signal: AbortSignal,
  ): Promise<ResponseObject> {
    const response = readResponse(row, []);
    eventLog.push(row.id, responseEvent("in_progress", response));
    const answer = createAnswer(response);
    const meter = meterOf(row);
    try {
      const begun = await openPatiently(await questionOf(row, input, meter), signal);
      return await say(row.id, generator.events(begun, answer, signal));
    } catch (err) {
      if (signal.aborted) {
        meter.cancelled(signal.reason);
        return answer.end({ status: "cancelled" });
      }
      meter.failed(err);
      log.warn({ responseId: row.id, err }, "a background response could not begin");
      return failedResponse(answer.end({}), errorOf(err));
    }
  }

  async function run(id: string, signal: AbortSignal): Promise<void> {
    const row = await store.start(id);
    if (!row) return;
    const input = await inputOf(id);
    const ended = await make(row, input, signal);
    if (ended.status === "cancelled" && signal.reason === STOPPING) await store.forgiveStart(id);
    else await endings.end(ended, input, row.conversation_id);
  }

  async function create({ question, response, input }: Asked): Promise<void> {
    const events = ["created", "queued"].map((type, index) => numbered(responseEvent(type, response), index));
    eventLog.begin(response.id, events.length);
    const row = newRow(question, response, needs.keepSeconds);
    let isKept = false;
    try {
      isKept = await store.insertBackground({ row, input, events }, MOST_OPEN);
    } finally {
      if (!isKept) {
        eventLog.end(response.id);
        locks.release(conversationIdOf(question.request), response.id);
      }
    }
    if (!isKept) throw tooMany();
    queue.add({ id: response.id, projectId: question.asker.projectId });
  }

  const end = async (row: ResponseRow, response: ResponseObject) =>
    await endings.end(response, await inputOf(row.id), row.conversation_id);

  /** Resolves once nothing works on it and it has ended. */
  async function cancel(row: ResponseRow): Promise<void> {
    await queue.cancel(row.id);
    const now = await store.find(row.project_id, row.id);
    if (now?.status === "queued") await end(now, { ...readResponse(now, []), status: "cancelled" });
  }

  /** With what it had said. */
  async function fail(row: ResponseRow, message: string): Promise<void> {
    const events = await store.eventsAfter(row.id, -1);
    eventLog.begin(row.id, (events.at(-1)?.sequence_number ?? -1) + 1);
    const response = readResponse(row, storedOutput(events));
    await end(row, failedResponse(response, { code: "server_error", message }));
  }

  /** Begun before the server stopped: it is made anew, and told so by a second `response.queued`. */
  async function putBack(row: ResponseRow): Promise<void> {
    eventLog.begin(row.id, await store.requeue(row.id));
    if (row.status === "in_progress") {
      const response = readResponse({ ...row, status: "queued" }, []);
      eventLog.push(row.id, responseEvent("queued", response));
    }
    locks.hold(row.conversation_id, row.id);
    queue.add({ id: row.id, projectId: row.project_id });
  }

  /** At start: takes up what a stop or a crash interrupted. */
  async function recover(): Promise<void> {
    for (const row of await store.listOpen()) {
      if (!row.is_background) await fail(row, "The server stopped in the middle of the answer. Try again.");
      else if (row.status === "in_progress" && row.attempts >= MOST_ATTEMPTS) {
        await fail(row, `The server stopped ${row.attempts} times while it made this response.`);
      } else await putBack(row);
    }
    await eventLog.flush();
  }

  return { create, cancel, recover, wake: queue.wake, [Symbol.asyncDispose]: queue[Symbol.asyncDispose] };
}
export type Background = ReturnType<typeof createBackground>;
