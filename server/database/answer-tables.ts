import type { Generated } from "kysely";
import type { ResponseStatus } from "../../contract/responses.ts";

/** Answers that are kept, and what they belong to: as in `Tables`, times in unix seconds, JSON as text. */
export type AnswerTables = {
  stored_completions: {
    seq: Generated<number>;
    id: string;
    project_id: string;
    created_at: number;
    model: string;
    /** JSON. */
    metadata: string;
    /** JSON: the request's. */
    messages: string;
    /** JSON: the answer and its parameters. */
    completion: string;
  };
  conversations: {
    seq: Generated<number>;
    id: string;
    project_id: string;
    created_at: number;
    metadata: string;
  };
  conversation_items: { seq: Generated<number>; id: string; conversation_id: string; item: string };
  responses: {
    seq: Generated<number>;
    id: string;
    project_id: string;
    organization_id: string;
    key_id: string;
    created_at: number;
    expires_at: number | null;
    status: ResponseStatus;
    is_background: number;
    has_events: number;
    previous_id: string | null;
    conversation_id: string | null;
    /** JSON: CreateResponse without its input. */
    request: string;
    /** JSON: ResponseObject without its output. */
    response: string;
    attempts: Generated<number>;
  };
  response_items: {
    seq: Generated<number>;
    id: string;
    response_id: string;
    side: "input" | "output";
    item: string;
  };
  response_events: { response_id: string; first: number; last: number; events: string };
};
