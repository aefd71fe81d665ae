import { Hono } from "hono";
import type { ChangeTopic } from "../../contract/dashboard.ts";
import type { Caller } from "../platform/caller.ts";
import { answerWithEvents, eventOf } from "../platform/event-stream.ts";
import { type AppContext, type AppEnv, exchangeOf } from "../platform/http.ts";
import type { Changes, Concerned } from "./changes.ts";
import type { Subscription } from "./subscription.ts";

/** What a successful call changes, by its path. Checks and plans are asked for by POST too, and change nothing. */
const topics: readonly (readonly [RegExp, ChangeTopic])[] = [
  [/^\/v1\/files\b|^\/v1\/uploads\/[^/]+\/complete$/, "files"],
  [/^\/v1\/fine_tuning\/jobs\b/, "jobs"],
  [/^\/v1\/(perennial\/)?models\b|^\/v1\/fine_tuning\/checkpoints\b/, "models"],
  [/^\/v1\/organization\/projects\b|^\/v1\/perennial\/organizations\b/, "keys"],
  [/^\/v1\/perennial\/lifecycle\/contacts\b/, "contacts"],
  [/^\/v1\/perennial\/lifecycle\/changes\b/, "lifecycle"],
  [/^\/v1\/(webhook_endpoints|perennial\/webhooks)\b/, "webhooks"],
  [/^\/v1\/responses\b(?!\/input_tokens)|^\/v1\/conversations\b/, "responses"],
];

/** Dates hold for everybody, and what an admin does may reach other projects. */
function concernedBy(caller: Caller, topic: ChangeTopic): Concerned {
  if (topic === "lifecycle") return { organizationId: null, projectId: null };
  const ofProject = caller.kind === "project" && !caller.isAdmin;
  return { organizationId: caller.organizationId, projectId: ofProject ? caller.projectId : null };
}

/** Middleware: a call that changes something tells the pages that show it. */
export const noteChanges = (changes: Changes) => async (c: AppContext, next: () => Promise<void>) => {
  await next();
  if (changes.countOpen() === 0) return;
  if (!["POST", "DELETE"].includes(c.req.method) || c.res.status >= 400) return;
  const topic = topics.find(([path]) => path.test(c.req.path))?.[1];
  if (topic) changes.tell(concernedBy(c.get("caller"), topic), topic);
};

type Needs = {
  readonly changes: Changes;
  /** The caller as of now; null: the key was revoked, or the session has ended. */
  readonly identify: (c: AppContext) => Promise<Caller | null>;
  /** Proxies and browsers give up on what is silent. */
  readonly heartbeatMs?: number;
};

/** A comment, which readers pass over. */
const HEARTBEAT = ": \n\n";

/** `/perennial/changes`: server-sent events that say what to ask for again. */
export const changeRoutes = ({ changes, identify, heartbeatMs = 15_000 }: Needs) => {
  async function* events(c: AppContext, subscription: Subscription): AsyncGenerator<string> {
    try {
      yield eventOf({ type: "connected" });
      for (;;) {
        const next = await subscription.next(heartbeatMs);
        if (next === "ended" || (await identify(c).catch(() => null)) === null) return;
        yield next === "quiet" ? HEARTBEAT : eventOf(next);
      }
    } finally {
      changes.leave(subscription);
    }
  }

  return new Hono<AppEnv>().get("/", async (c) => {
    const subscription = await changes.subscribe(c.get("caller"));
    const leave = () => {
      changes.leave(subscription);
      subscription.end();
    };
    exchangeOf(c).whenLeft(leave);
    const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" };
    const answer = { events: events(c, subscription), onLeave: leave };
    return answerWithEvents(c, answer, { ...headers, "x-accel-buffering": "no" });
  });
};
