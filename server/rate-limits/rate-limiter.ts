import { Refusal } from "../../contract/errors.ts";
import { type Bucket, durationText, emptyBucket, fits, msToGiveBack, use, usedAt, waitMs } from "./bucket.ts";
import type { Limited, Limits, LimitsOfAll } from "./limits.ts";

/** Who asks what. */
export type LimitSubject = {
  readonly projectId: string;
  readonly organizationId: string;
  readonly model: string;
  readonly base: string;
};

/** OpenAI's `x-ratelimit-…`, and on a refusal when to try again. */
type Headers = Readonly<Record<string, string>>;

export type Admission =
  | { readonly headers: Headers; readonly refusal: Refusal }
  | {
      readonly headers: Headers;
      readonly refusal: null;
      /** Says how many tokens it was in the end, in place of the estimate. */
      settle(tokens: number): void;
    };

type Needs = {
  readonly limits: Pick<LimitsOfAll, "of">;
  /** Never goes back. */
  readonly nowMs?: () => number;
};

type State = { readonly limited: Limited; requests: Bucket; tokens: Bucket };
type Level = { readonly requests: number; readonly tokens: number };
type Over = { readonly kind: "requests" | "tokens"; readonly used: number; readonly amount: number };

/** Beyond, those that have nothing in use are forgotten, which changes nothing. */
const FEW_STATES = 10_000;

const remaining = (limit: number, used: number): string => String(Math.max(0, Math.floor(limit - used)));

const headersOf = ({ limits }: Limited, used: Level): Headers => ({
  "x-ratelimit-limit-requests": String(limits.requests),
  "x-ratelimit-limit-tokens": String(limits.tokens),
  "x-ratelimit-remaining-requests": remaining(limits.requests, used.requests),
  "x-ratelimit-remaining-tokens": remaining(limits.tokens, used.tokens),
  "x-ratelimit-reset-requests": durationText(msToGiveBack(used.requests, limits.requests)),
  "x-ratelimit-reset-tokens": durationText(msToGiveBack(used.tokens, limits.tokens)),
});

const unit = { requests: "requests per min (RPM)", tokens: "tokens per min (TPM)" };

type Refused = { readonly refusal: Refusal; readonly retry: Headers };

function refusalOf(
  { model, limits }: Limited,
  organizationId: string,
  { kind, used, amount }: Over,
): Refused {
  const limit = limits[kind];
  const wait = waitMs(used, amount, limit);
  const where = `for ${model} in organization ${organizationId} on ${unit[kind]}: Limit ${limit}`;
  const code = kind === "requests" ? "requests_limit_reached" : "tokens_limit_reached";
  if (wait === Number.POSITIVE_INFINITY) {
    const text = `Request too large ${where}, Requested ${amount}. The input or output tokens must be reduced in order to run successfully.`;
    return { refusal: new Refusal(code, text), retry: {} };
  }
  const text = `Rate limit reached ${where}, Used ${Math.ceil(used)}, Requested ${amount}. Please try again in ${durationText(wait)}.`;
  const refusal = new Refusal(code, text, null, Math.max(1, Math.ceil(wait / 1000)));
  return { refusal, retry: { "retry-after-ms": String(wait) } };
}

const usedOf = ({ requests, tokens }: State, limits: Limits, now: number): Level => ({
  requests: usedAt(requests, limits.requests, now),
  tokens: usedAt(tokens, limits.tokens, now),
});

/** Counts requests and tokens a minute, in memory: a restart forgets at most a minute. */
export function createRateLimiter({ limits: limitsOfAll, nowMs = () => performance.now() }: Needs) {
  const states = new Map<string, State>();
  let sweepAt = FEW_STATES;

  function sweep(now: number): void {
    for (const [key, state] of states) {
      const used = usedOf(state, state.limited.limits, now);
      if (used.requests + used.tokens === 0) states.delete(key);
    }
    sweepAt = Math.max(FEW_STATES, states.size * 2);
  }

  function stateOf(limited: Limited, now: number): State {
    const known = states.get(limited.key);
    if (known) return known;
    if (states.size >= sweepAt) sweep(now);
    const state = { limited, requests: emptyBucket, tokens: emptyBucket };
    states.set(limited.key, state);
    return state;
  }

  function overOf({ limits }: Limited, used: Level, tokens: number): Over | null {
    if (!fits(used.requests, 1, limits.requests)) return { kind: "requests", used: used.requests, amount: 1 };
    if (!fits(used.tokens, tokens, limits.tokens))
      return { kind: "tokens", used: used.tokens, amount: tokens };
    return null;
  }

  /** Takes one request and so many tokens, by an estimate, or refuses and takes nothing. */
  function admit(subject: LimitSubject, tokens: number): Admission {
    const limited = limitsOfAll.of(subject);
    const { limits } = limited;
    const now = nowMs();
    const state = stateOf(limited, now);
    const used = usedOf(state, limits, now);
    const over = overOf(limited, used, tokens);
    if (over) {
      const { refusal, retry } = refusalOf(limited, subject.organizationId, over);
      return { headers: { ...headersOf(limited, used), ...retry }, refusal };
    }
    state.requests = { used: used.requests + 1, atMs: now };
    state.tokens = { used: used.tokens + tokens, atMs: now };
    const settle = (actual: number) => {
      state.tokens = use(state.tokens, actual - tokens, limits.tokens, nowMs());
    };
    const taken = { requests: state.requests.used, tokens: state.tokens.used };
    return { headers: headersOf(limited, taken), refusal: null, settle };
  }

  return { admit };
}
export type RateLimiter = ReturnType<typeof createRateLimiter>;
