import { Refusal } from "../../contract/errors.ts";
import type { ListRateLimits, ProjectRateLimit, UpdateRateLimit } from "../../contract/rate-limits.ts";
import type { LimitsOfAll } from "./limits.ts";

type Needs = {
  readonly limits: LimitsOfAll;
  /** Models that every project may use. */
  readonly baseIds: readonly string[];
  readonly mayUse: (projectId: string, model: string) => Promise<boolean>;
  /** Refuses those of other organizations. */
  readonly assertProject: (organizationId: string, projectId: string) => Promise<unknown>;
};

type Project = { readonly organizationId: string; readonly projectId: string };

const PREFIX = "rl-";

const notFound = (id: string) =>
  new Refusal("rate_limit_not_found", `No rate limit ${id} in this project.`, "rate_limit_id");

const unsupported = [
  "max_images_per_1_minute",
  "max_audio_megabytes_per_1_minute",
  "max_requests_per_1_day",
  "batch_1_day_max_input_tokens",
] as const;

function assertSupported(change: UpdateRateLimit): void {
  const name = unsupported.find((one) => change[one] !== undefined);
  if (!name) return;
  const text = `Unsupported parameter: '${name}': limits here are of requests and tokens a minute.`;
  throw new Refusal("unsupported_parameter", text, name);
}

/** The items between two ids, which need not be there. */
function pageOf(all: readonly ProjectRateLimit[], { limit, after, before }: ListRateLimits) {
  const within = all.filter(
    ({ id }) => (after === undefined || id > after) && (before === undefined || id < before),
  );
  // The page before an id is the one that ends at it.
  const data = before !== undefined && after === undefined ? within.slice(-limit) : within.slice(0, limit);
  const ends = { first_id: data[0]?.id ?? "", last_id: data.at(-1)?.id ?? "" };
  return { object: "list" as const, data, ...ends, has_more: within.length > data.length };
}

/** Limits a minute of a project's requests to a model, for the holder of an admin key. */
export function createRateLimits({ limits, baseIds, mayUse, assertProject }: Needs) {
  function present(projectId: string, model: string): ProjectRateLimit {
    const { requests, tokens } = limits.get(projectId, model);
    return {
      object: "project.rate_limit",
      id: `${PREFIX}${model}`,
      model,
      max_requests_per_1_minute: requests,
      max_tokens_per_1_minute: tokens,
    };
  }

  async function list({ organizationId, projectId }: Project, page: ListRateLimits) {
    await assertProject(organizationId, projectId);
    const own = limits.ownOf(projectId).filter((model) => !baseIds.includes(model));
    const isThere = await Promise.all(own.map((model) => mayUse(projectId, model)));
    const models = [...baseIds, ...own.filter((_, index) => isThere[index])].sort();
    return pageOf(
      models.map((model) => present(projectId, model)),
      page,
    );
  }

  async function update({ organizationId, projectId }: Project, id: string, change: UpdateRateLimit) {
    await assertProject(organizationId, projectId);
    assertSupported(change);
    const model = id.startsWith(PREFIX) ? id.slice(PREFIX.length) : "";
    if (!baseIds.includes(model) && !(await mayUse(projectId, model))) throw notFound(id);
    const { max_requests_per_1_minute: requests, max_tokens_per_1_minute: tokens } = change;
    await limits.set(projectId, model, {
      ...(requests === undefined ? {} : { requests_per_minute: requests }),
      ...(tokens === undefined ? {} : { tokens_per_minute: tokens }),
    });
    return present(projectId, model);
  }

  return { list, update };
}
export type RateLimits = ReturnType<typeof createRateLimits>;
