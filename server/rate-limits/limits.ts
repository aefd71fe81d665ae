import type { RateLimitRow, RateLimitStore } from "./rate-limit-store.ts";

/** A minute's. */
export type Limits = { readonly requests: number; readonly tokens: number };

/** What shares one limit: a project's requests to a model. */
export type Limited = { readonly key: string; readonly model: string; readonly limits: Limits };

type Needs = { readonly store: RateLimitStore; readonly standard: Limits };
type Asked = { readonly projectId: string; readonly model: string; readonly base: string };

const keyOf = (projectId: string, model: string) => `${projectId} ${model}`;

/** The limits of all projects, in memory; those that are not the server's are stored. */
export async function openLimits({ store, standard }: Needs) {
  const rows = new Map((await store.listAll()).map((row) => [keyOf(row.project_id, row.model), row]));

  const limitsOf = (row: RateLimitRow | undefined): Limits => ({
    requests: row?.requests_per_minute ?? standard.requests,
    tokens: row?.tokens_per_minute ?? standard.tokens,
  });

  const shared = new Map<string, Limited>();

  function remember(key: string, model: string): Limited {
    const limited = { key, model, limits: limitsOf(rows.get(key)) };
    shared.set(key, limited);
    return limited;
  }

  return {
    /** A tuned model has its base's limit, together with it, as at OpenAI; until it is given one of its own. */
    of({ projectId, model, base }: Asked): Limited {
      const own = keyOf(projectId, model);
      const isOwn = model !== base && rows.has(own);
      const key = isOwn ? own : keyOf(projectId, base);
      return shared.get(key) ?? remember(key, isOwn ? model : base);
    },
    get: (projectId: string, model: string): Limits => limitsOf(rows.get(keyOf(projectId, model))),
    /** Models with limits that are the project's own. */
    ownOf: (projectId: string): string[] =>
      [...rows.values()].filter((row) => row.project_id === projectId).map(({ model }) => model),
    async set(projectId: string, model: string, change: Partial<RateLimitRow>): Promise<void> {
      const key = keyOf(projectId, model);
      const before = rows.get(key) ?? { requests_per_minute: null, tokens_per_minute: null };
      const row = { ...before, ...change, project_id: projectId, model };
      await store.put(row);
      rows.set(key, row);
      shared.delete(key);
    },
  };
}
export type LimitsOfAll = Awaited<ReturnType<typeof openLimits>>;
