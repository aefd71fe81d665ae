import { type AppContext, hasClientLeft, projectOf } from "../platform/http.ts";
import type { Endpoint } from "../usage/call.ts";
import type { Meter } from "../usage/meter.ts";
import type { Usage } from "../usage/usage.ts";

type Metering = { readonly usage: Usage; readonly endpoint: Endpoint };
type Asked = { readonly model: string; readonly stream?: boolean | null | undefined };

/** Meters a request for an answer from here on; what refuses it is its end. Answers end their meters themselves. */
export async function metered(
  c: AppContext,
  { usage, endpoint, request }: Metering & { readonly request: Asked },
  answer: (meter: Meter) => Promise<Response>,
): Promise<Response> {
  const { projectId, organizationId, keyId } = projectOf(c);
  const requestId = c.get("requestId");
  const { model, stream } = request;
  const isStreamed = stream ?? false;
  const meter = usage.begin({ requestId, projectId, organizationId, keyId, endpoint, model, isStreamed });
  try {
    return await answer(meter);
  } catch (error) {
    if (hasClientLeft(c)) meter.cancelled();
    else meter.failed(error);
    throw error;
  }
}
