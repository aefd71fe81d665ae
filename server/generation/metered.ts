import type { Target } from "../models/models.ts";
import { projectCaller } from "../platform/caller.ts";
import type { Exchange } from "../platform/exchange.ts";
import type { RateLimiter } from "../rate-limits/rate-limiter.ts";
import type { EndedCall, Endpoint } from "../usage/call.ts";
import type { Meter } from "../usage/meter.ts";
import type { Usage } from "../usage/usage.ts";
import { estimateTokens } from "./estimate-tokens.ts";

export type Metering = { readonly usage: Usage; readonly limiter: RateLimiter };

/** A request for an answer that is being metered. */
export type Asking = {
  readonly meter: Meter;
  /** Refuses what is over the project's limits; call it last before the work. */
  admit(target: Target): void;
};

type Asked = Parameters<typeof estimateTokens>[0] & {
  readonly model: string;
  readonly stream?: boolean | null | undefined;
};
type Needs = Metering & { readonly endpoint: Endpoint; readonly request: Asked };

/** What a request took in the end of its estimate; engines tell the exact numbers only where they come to the end. */
function tokensTaken({ answeredAt, status, tokens }: EndedCall, promptEstimate: number): number {
  if (answeredAt === null) return 0;
  return (status === "ok" ? tokens.input : promptEstimate) + tokens.output;
}

function admitTo({ caller, setHeaders }: Exchange, { limiter, request }: Needs, meter: Meter) {
  return ({ model, base }: Target): void => {
    const { projectId, organizationId } = projectCaller(caller);
    const { prompt, answer } = estimateTokens(request);
    const admission = limiter.admit({ projectId, organizationId, model, base: base.id }, prompt + answer);
    setHeaders(admission.headers);
    if (admission.refusal) throw admission.refusal;
    meter.onEnd((call) => admission.settle(tokensTaken(call, prompt)));
  };
}

/** Meters a request for an answer from here on; what refuses it is its end. Answers end their meters themselves. */
export async function metered<Answer>(
  exchange: Exchange,
  needs: Needs,
  answer: (asking: Asking) => Promise<Answer>,
): Promise<Answer> {
  const { projectId, organizationId, keyId } = projectCaller(exchange.caller);
  const { endpoint, request } = needs;
  const { model, stream } = request;
  const call = { requestId: exchange.requestId, projectId, organizationId, keyId, endpoint, model };
  const meter = needs.usage.begin({ ...call, isStreamed: stream ?? false });
  try {
    return await answer({ meter, admit: admitTo(exchange, needs, meter) });
  } catch (error) {
    if (exchange.hasLeft()) meter.cancelled();
    else meter.failed(error);
    throw error;
  }
}
