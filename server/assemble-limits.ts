import type { Keys } from "./api-keys/keys.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database/database.ts";
import type { Models } from "./models/models.ts";
import { openLimits } from "./rate-limits/limits.ts";
import { createRateLimitStore } from "./rate-limits/rate-limit-store.ts";
import { createRateLimiter } from "./rate-limits/rate-limiter.ts";
import { createRateLimits } from "./rate-limits/rate-limits.ts";

type Needs = {
  config: Config;
  db: Database;
  keys: Pick<Keys, "getProject">;
  models: Pick<Models, "findTarget">;
  served: ReadonlyMap<string, unknown>;
  nowMs?: (() => number) | undefined;
};

/** Requests and tokens a minute. */
export async function assembleLimits({ config, db, keys, models, served, nowMs }: Needs) {
  const limits = await openLimits({
    store: createRateLimitStore(db),
    standard: {
      requests: config.PERENNIAL_REQUESTS_PER_MINUTE,
      tokens: config.PERENNIAL_TOKENS_PER_MINUTE,
    },
  });
  return {
    limiter: createRateLimiter({ limits, ...(nowMs ? { nowMs } : {}) }),
    rateLimits: createRateLimits({
      limits,
      baseIds: [...served.keys()],
      mayUse: async (projectId, model) => (await models.findTarget(projectId, model)) !== null,
      assertProject: keys.getProject,
    }),
  };
}
