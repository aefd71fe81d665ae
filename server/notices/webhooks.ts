import type { NamedPage } from "../../contract/common.ts";
import { Refusal } from "../../contract/errors.ts";
import type {
  CreateWebhook,
  ListWebhooks,
  UpdateWebhook,
  WebhookEndpoint,
  WebhookEventType,
  WebhookTestResult,
} from "../../contract/webhooks.ts";
import type { Clock } from "../platform/clock.ts";
import { newWebhookEventId, newWebhookId } from "../platform/ids.ts";
import type { DeliveryStore } from "./delivery-store.ts";
import type { EndpointPatch, EndpointRow, EndpointStore, NewEndpoint } from "./endpoint-store.ts";
import { isAcknowledged } from "./retry.ts";
import type { Send } from "./send.ts";
import { newSecret, signedHeaders } from "./signature.ts";
import { eventBody, MAX_ENDPOINTS, OLD_SECRET_SECONDS, presentWebhook, validSecrets } from "./webhook.ts";
import { parseWebhookUrl } from "./webhook-url.ts";

type Needs = {
  endpoints: EndpointStore;
  deliveries: DeliveryStore;
  send: Send;
  allowsPrivate: boolean;
  now: Clock;
};

/** Says that it is none of a real job's, or a real notice's. */
const testSubject = (type: WebhookEventType) =>
  type === "perennial.lifecycle.notice" ? "ntc_test" : "ftjob-test";

export async function getEndpoint(store: EndpointStore, projectId: string, id: string, param = "id") {
  const row = await store.findEndpoint(projectId, id);
  if (row) return row;
  throw new Refusal("webhook_not_found", `No webhook endpoint ${id} in this project.`, param);
}

function newEndpoint(projectId: string, request: CreateWebhook, now: number): NewEndpoint {
  return {
    id: newWebhookId(),
    project_id: projectId,
    name: request.name,
    url: request.url,
    event_types: JSON.stringify(request.event_types),
    enabled: request.enabled ? 1 : 0,
    disabled_reason: null,
    secret: newSecret(),
    old_secret: null,
    old_secret_until: null,
    created_at: now,
    updated_at: now,
  };
}

/** What differs; null: nothing. */
function changeOf(row: EndpointRow, request: UpdateWebhook, now: number): EndpointPatch | null {
  const asked = {
    name: request.name ?? row.name,
    url: request.url ?? row.url,
    event_types: request.event_types ? JSON.stringify(request.event_types) : row.event_types,
  };
  const isSame = asked.name === row.name && asked.url === row.url && asked.event_types === row.event_types;
  return isSame ? null : { ...asked, updated_at: now };
}

/** A project's webhook endpoints, as OpenAI's SDKs manage them. */
export function createWebhooks({ endpoints, deliveries, send, allowsPrivate, now }: Needs) {
  const get = (projectId: string, id: string, param?: string) => getEndpoint(endpoints, projectId, id, param);

  async function create(projectId: string, request: CreateWebhook): Promise<WebhookEndpoint> {
    const url = parseWebhookUrl(request.url, allowsPrivate);
    const row = newEndpoint(projectId, { ...request, url }, now());
    if (!(await endpoints.insertEndpoint(row, MAX_ENDPOINTS))) {
      const text = `This project has ${MAX_ENDPOINTS} webhook endpoints, the most there can be; delete one first.`;
      throw new Refusal("webhook_limit_reached", text);
    }
    return { ...presentWebhook({ ...row, seq: 0 }), signing_secret: row.secret };
  }

  async function list(projectId: string, page: ListWebhooks): Promise<NamedPage<WebhookEndpoint>> {
    const after = page.after === undefined ? null : await get(projectId, page.after, "after");
    const rows = await endpoints.listEndpoints(projectId, { ...page, beforeSeq: after?.seq ?? null });
    const data = rows.slice(0, page.limit).map(presentWebhook);
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { object: "list", data, ...ends, has_more: rows.length > page.limit };
  }

  async function update(projectId: string, id: string, request: UpdateWebhook): Promise<WebhookEndpoint> {
    const row = await get(projectId, id);
    const url = request.url === undefined ? undefined : parseWebhookUrl(request.url, allowsPrivate);
    const change = changeOf(row, { ...request, url }, now());
    if (change) await endpoints.updateEndpoint(projectId, id, change);
    if (request.enabled === true) await endpoints.enableEndpoint(row.id, now());
    if (request.enabled === false) await endpoints.disableEndpoint(row.id, now());
    return presentWebhook(await get(projectId, id));
  }

  async function remove(projectId: string, id: string) {
    await get(projectId, id);
    await endpoints.deleteEndpoint(projectId, id);
    return { id, object: "webhook_endpoint.deleted" as const, deleted: true };
  }

  async function rotate(projectId: string, id: string, keepsOld: boolean): Promise<WebhookEndpoint> {
    const oldUntil = keepsOld ? now() + OLD_SECRET_SECONDS : null;
    const change = { secret: newSecret(), oldUntil, now: now() };
    const row = await endpoints.rotateSecret(projectId, id, change);
    if (!row) return presentWebhook(await get(projectId, id));
    return { ...presentWebhook(row), signing_secret: row.secret };
  }

  /** Sends at once, once, also to an endpoint that is off; the log shows it like every delivery. */
  async function test(
    projectId: string,
    id: string,
    asked: { type: WebhookEventType; signal: AbortSignal },
  ): Promise<WebhookTestResult> {
    const row = await get(projectId, id);
    const { type } = asked;
    const [eventId, startedAt] = [newWebhookEventId(), now()];
    const subject = testSubject(type);
    const body = eventBody({ id: eventId, type, subject, at: startedAt });
    const headers = signedHeaders(validSecrets(row, startedAt), { id: eventId, timestamp: startedAt, body });
    const reply = await send({ url: row.url, headers, body }, asked.signal);
    const event = { id: eventId, project_id: projectId, type, subject, body };
    const status = isAcknowledged(reply) ? "delivered" : "failed";
    await deliveries.recordTest(row.id, { ...event, created_at: startedAt }, { startedAt, reply }, status);
    if (reply.statusCode === null) {
      throw new Refusal("webhook_unreachable", `The endpoint did not answer: ${reply.error}`);
    }
    const { statusCode: status_code } = reply;
    return {
      object: "webhook_endpoint.test",
      webhook_endpoint_id: row.id,
      event_type: type,
      status_code,
      success: true,
    };
  }

  return {
    create,
    list,
    update,
    remove,
    rotate,
    test,
    get: async (projectId: string, id: string) => presentWebhook(await get(projectId, id)),
  };
}
export type Webhooks = ReturnType<typeof createWebhooks>;
