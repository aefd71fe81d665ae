import type { ChangeTopic } from "../../contract/dashboard.ts";
import { Refusal } from "../../contract/errors.ts";
import type { Caller } from "../platform/caller.ts";
import type { Log } from "../platform/log.ts";
import type { ChangeStore } from "./change-store.ts";
import { type Change, createSubscription, type Subscription } from "./subscription.ts";

/** Streams at once: of all, and of one key (a person with several windows open). */
const MOST = 500;
const MOST_OF_KEY = 30;

/** Whom a change concerns; null: all of them. */
export type Concerned = { readonly organizationId: string | null; readonly projectId: string | null };

type Needs = {
  readonly store: ChangeStore;
  readonly log: Log;
  /** Steps of a training come many a second; pages need not hear of each. */
  readonly gatherMs?: number;
};

const projectOf = (caller: Caller): string | null => (caller.kind === "project" ? caller.projectId : null);

const concerns = (caller: Caller, { organizationId, projectId }: Concerned): boolean =>
  (organizationId === null || caller.organizationId === organizationId) &&
  (projectId === null || projectOf(caller) === null || projectOf(caller) === projectId);

/** Tells open pages what to ask for again. It says that something changed, never how: pages read that as always. */
export function createChanges({ store, log, gatherMs = 250 }: Needs) {
  const open = new Map<Subscription, Caller>();
  let gathering: NodeJS.Timeout | undefined;
  let told = 0;
  let isStopping = false;

  function tell(concerned: Concerned, change: Change): void {
    for (const [subscription, caller] of open) if (concerns(caller, concerned)) subscription.add(change);
  }

  async function tellJobs(): Promise<void> {
    const newest = await store.newestEvent();
    const jobs = await store.jobsBetween(told, newest);
    told = Math.max(told, newest);
    for (const { id, project_id: projectId, organization_id: organizationId } of jobs)
      tell({ organizationId, projectId }, { topics: ["jobs", "models", "files"], jobs: [id] });
  }

  function gather(): void {
    if (open.size === 0 || gathering) return;
    gathering = setTimeout(() => {
      gathering = undefined;
      tellJobs().catch((err) => log.error({ err }, "telling pages of changed jobs failed"));
    }, gatherMs);
    gathering.unref();
  }
  store.onJobEvents(gather);

  function assertRoom(caller: Caller): void {
    if (isStopping) throw new Refusal("server_stopping", "The server is stopping.", null, 1);
    const own = [...open.values()].filter(({ keyId }) => keyId === caller.keyId).length;
    if (open.size < MOST && own < MOST_OF_KEY) return;
    throw new Refusal(
      "too_many_streams",
      "Too many streams of changes are open: close some pages.",
      null,
      30,
    );
  }

  /** What happens from now on; the page asks for everything once it is connected. */
  async function subscribe(caller: Caller): Promise<Subscription> {
    assertRoom(caller);
    const subscription = createSubscription();
    const isFirst = open.size === 0;
    open.set(subscription, caller);
    if (isFirst) told = Math.max(told, await store.newestEvent());
    return subscription;
  }

  return {
    subscribe,
    leave: (subscription: Subscription) => void open.delete(subscription),
    tell: (concerned: Concerned, topic: ChangeTopic) => tell(concerned, { topics: [topic], jobs: [] }),
    countOpen: () => open.size,
    /** The server stops: it would wait for streams that are open. */
    [Symbol.dispose]: () => {
      isStopping = true;
      clearTimeout(gathering);
      for (const subscription of open.keys()) subscription.end();
    },
  };
}
export type Changes = ReturnType<typeof createChanges>;
