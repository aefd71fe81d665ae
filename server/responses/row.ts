import type { OutputItem } from "../../contract/response-items.ts";
import type { CreateResponse, ResponseObject } from "../../contract/responses.ts";
import type { Asker, Question } from "./generator.ts";
import { conversationIdOf } from "./response.ts";
import type { NewRow, ResponseRow } from "./response-store.ts";

/** What is stored of a response that begins. */
export function newRow(
  { asker, request }: Pick<Question, "asker" | "request">,
  response: ResponseObject,
  keepSeconds: number | null,
): NewRow {
  const { output: _, ...shown } = response;
  const { input: __, ...asked } = request;
  return {
    id: response.id,
    project_id: asker.projectId,
    organization_id: asker.organizationId,
    key_id: asker.keyId,
    created_at: response.created_at,
    expires_at: keepSeconds === null ? null : response.created_at + keepSeconds,
    status: response.status,
    is_background: request.background ? 1 : 0,
    has_events: request.background || request.stream ? 1 : 0,
    previous_id: request.previous_response_id ?? null,
    conversation_id: conversationIdOf(request),
    request: JSON.stringify(asked),
    response: JSON.stringify(shown),
  };
}

/** As it is shown, with these for its output. */
export const readResponse = (row: ResponseRow, output: readonly OutputItem[]): ResponseObject => ({
  ...JSON.parse(row.response),
  status: row.status,
  output,
});

export const readRequest = (row: ResponseRow): CreateResponse => JSON.parse(row.request);

export const askerOf = (row: ResponseRow): Asker => ({
  projectId: row.project_id,
  organizationId: row.organization_id,
  keyId: row.key_id,
});

export const isOpen = ({ status }: Pick<ResponseRow, "status">): boolean =>
  status === "queued" || status === "in_progress";
