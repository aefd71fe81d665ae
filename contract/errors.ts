import { z } from "zod";

/** OpenAI's error body (`ErrorResponse` in its OpenAPI document). */
export const ErrorBody = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

type Kind = { readonly status: number; readonly type: string; readonly code: string | null };

const invalid = "invalid_request_error";

/** Every way this API says no: HTTP status, and `type` and `code` of the error body. */
export const refusals = {
  invalid_request: { status: 400, type: invalid, code: null },
  invalid_json: { status: 400, type: invalid, code: null },
  missing_required_parameter: { status: 400, type: invalid, code: "missing_required_parameter" },
  invalid_type: { status: 400, type: invalid, code: "invalid_type" },
  invalid_value: { status: 400, type: invalid, code: "invalid_value" },
  integer_above_max_value: { status: 400, type: invalid, code: "integer_above_max_value" },
  integer_below_min_value: { status: 400, type: invalid, code: "integer_below_min_value" },
  decimal_above_max_value: { status: 400, type: invalid, code: "decimal_above_max_value" },
  decimal_below_min_value: { status: 400, type: invalid, code: "decimal_below_min_value" },
  array_above_max_length: { status: 400, type: invalid, code: "array_above_max_length" },
  array_below_min_length: { status: 400, type: invalid, code: "array_below_min_length" },
  empty_array: { status: 400, type: invalid, code: "empty_array" },
  string_above_max_length: { status: 400, type: invalid, code: "string_above_max_length" },
  string_below_min_length: { status: 400, type: invalid, code: "string_below_min_length" },
  empty_string: { status: 400, type: invalid, code: "empty_string" },
  unknown_parameter: { status: 400, type: invalid, code: "unknown_parameter" },
  unsupported_parameter: { status: 400, type: invalid, code: "unsupported_parameter" },
  invalid_json_schema: { status: 400, type: invalid, code: "invalid_json_schema" },
  invalid_function_parameters: { status: 400, type: invalid, code: "invalid_function_parameters" },
  invalid_file_format: { status: 400, type: invalid, code: null },
  invalid_training_file: { status: 400, type: invalid, code: "invalid_training_file" },
  invalid_validation_file: { status: 400, type: invalid, code: "invalid_validation_file" },
  invalid_n_examples: { status: 400, type: invalid, code: "invalid_n_examples" },
  invalid_hyperparameters: { status: 400, type: invalid, code: "invalid_hyperparameters" },
  invalid_lifecycle: { status: 400, type: invalid, code: "invalid_lifecycle" },
  plan_changed: { status: 400, type: invalid, code: "plan_changed" },
  change_not_undoable: { status: 400, type: invalid, code: "change_not_undoable" },
  job_would_fail: { status: 400, type: invalid, code: "job_would_fail" },
  model_not_available: { status: 400, type: invalid, code: "model_not_available" },
  invalid_bundle: { status: 400, type: invalid, code: "invalid_bundle" },
  model_already_exists: { status: 400, type: invalid, code: "model_already_exists" },
  base_differs: { status: 400, type: invalid, code: "base_differs" },
  job_already_ended: { status: 400, type: invalid, code: "job_already_ended" },
  job_already_paused: { status: 400, type: invalid, code: "job_already_paused" },
  job_has_no_model: { status: 400, type: invalid, code: "job_has_no_model" },
  job_not_paused: { status: 400, type: invalid, code: "job_not_paused" },
  idempotency_key_reused: { status: 400, type: invalid, code: "idempotency_key_reused" },
  context_length_exceeded: { status: 400, type: invalid, code: "context_length_exceeded" },
  bad_http: { status: 400, type: invalid, code: null },
  previous_response_not_found: { status: 400, type: invalid, code: "previous_response_not_found" },
  response_not_cancellable: { status: 400, type: invalid, code: "response_not_cancellable" },
  conversation_locked: { status: 400, type: invalid, code: "conversation_locked" },
  conversation_full: { status: 400, type: invalid, code: "conversation_full" },
  not_signed_in: { status: 401, type: invalid, code: "not_signed_in" },
  invalid_link: { status: 401, type: invalid, code: "invalid_link" },
  missing_api_key: { status: 401, type: invalid, code: null },
  invalid_api_key: { status: 401, type: invalid, code: "invalid_api_key" },
  training_not_available: { status: 403, type: invalid, code: "training_not_available" },
  permission_denied: { status: 403, type: invalid, code: "permission_denied" },
  host_not_allowed: { status: 403, type: invalid, code: "host_not_allowed" },
  cross_site_request: { status: 403, type: invalid, code: "cross_site_request" },
  unknown_url: { status: 404, type: invalid, code: "unknown_url" },
  file_not_found: { status: 404, type: invalid, code: null },
  upload_not_found: { status: 404, type: invalid, code: null },
  permission_not_found: { status: 404, type: invalid, code: null },
  fine_tune_not_found: { status: 404, type: invalid, code: "fine_tune_not_found" },
  checkpoint_not_found: { status: 404, type: invalid, code: "checkpoint_not_found" },
  model_not_found: { status: 404, type: invalid, code: "model_not_found" },
  completion_not_found: { status: 404, type: invalid, code: null },
  api_key_not_found: { status: 404, type: invalid, code: "api_key_not_found" },
  change_not_found: { status: 404, type: invalid, code: "change_not_found" },
  notice_not_found: { status: 404, type: invalid, code: "notice_not_found" },
  contact_not_found: { status: 404, type: invalid, code: "contact_not_found" },
  contact_exists: { status: 400, type: invalid, code: "contact_exists" },
  contact_limit_reached: { status: 400, type: invalid, code: "contact_limit_reached" },
  mail_not_configured: { status: 400, type: invalid, code: "mail_not_configured" },
  organization_not_found: { status: 404, type: invalid, code: "organization_not_found" },
  organization_exists: { status: 400, type: invalid, code: "organization_exists" },
  response_not_found: { status: 404, type: invalid, code: "response_not_found" },
  conversation_not_found: { status: 404, type: invalid, code: "conversation_not_found" },
  item_not_found: { status: 404, type: invalid, code: "item_not_found" },
  rate_limit_not_found: { status: 404, type: invalid, code: "rate_limit_not_found" },
  project_not_found: { status: 404, type: invalid, code: "project_not_found" },
  webhook_not_found: { status: 404, type: invalid, code: "webhook_not_found" },
  delivery_not_found: { status: 404, type: invalid, code: "delivery_not_found" },
  webhook_limit_reached: { status: 400, type: invalid, code: "webhook_limit_reached" },
  webhook_disabled: { status: 400, type: invalid, code: "webhook_disabled" },
  webhook_unreachable: { status: 400, type: invalid, code: "webhook_unreachable" },
  request_timeout: { status: 408, type: invalid, code: "request_timeout" },
  body_too_large: { status: 413, type: invalid, code: "body_too_large" },
  unsupported_media_type: { status: 415, type: invalid, code: "unsupported_media_type" },
  expectation_failed: { status: 417, type: invalid, code: "expectation_failed" },
  headers_too_large: { status: 431, type: invalid, code: "headers_too_large" },
  too_many_attempts: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  too_many_streams: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  too_many_jobs: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  too_many_uploads: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  too_many_responses: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  too_many_waiting: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  requests_limit_reached: { status: 429, type: "requests", code: "rate_limit_exceeded" },
  tokens_limit_reached: { status: 429, type: "tokens", code: "rate_limit_exceeded" },
  disk_full: { status: 507, type: "server_error", code: "disk_full" },
  estimate_unavailable: { status: 503, type: "server_error", code: "estimate_unavailable" },
  merge_unavailable: { status: 503, type: "server_error", code: "merge_unavailable" },
  engine_unavailable: { status: 503, type: "server_error", code: "engine_unavailable" },
  engine_overloaded: { status: 503, type: "server_error", code: "engine_overloaded" },
  deadline_exceeded: { status: 503, type: "server_error", code: "deadline_exceeded" },
  server_stopping: { status: 503, type: "server_error", code: "server_stopping" },
  server_error: { status: 500, type: "server_error", code: null },
} as const satisfies Record<string, Kind>;

export type RefusalKind = keyof typeof refusals;

/** Of a sentence, in characters: what a caller sent may stand in it, and is not sent back by the megabyte. */
const [FIRST, LAST] = [3000, 500];

function shortened(message: string): string {
  if (message.length <= FIRST + LAST) return message;
  return `${message.slice(0, FIRST)} … ${message.slice(-LAST)}`.toWellFormed();
}

/** Thrown to refuse a caller; answered once, by `onError`, in OpenAI's shape. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly param: string | null;
  /** Seconds after which trying again makes sense; sent as `Retry-After`. */
  readonly retryAfter: number | null;

  constructor(
    kind: RefusalKind,
    message: string,
    param: string | null = null,
    retryAfter: number | null = null,
  ) {
    super(shortened(message));
    this.name = "Refusal";
    this.kind = kind;
    this.param = param;
    this.retryAfter = retryAfter;
  }

  get status() {
    return refusals[this.kind].status;
  }

  get body(): ErrorBody {
    const { type, code } = refusals[this.kind];
    return { error: { message: this.message, type, param: this.param, code } };
  }
}
