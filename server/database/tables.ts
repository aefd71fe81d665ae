import type { Generated } from "kysely";
import type { JobStatus } from "../../contract/fine-tuning.ts";
import type { MailStatus, NoticeKind, NoticeWhat } from "../../contract/notices.ts";
import type { Method } from "../../contract/training.ts";
import type { UploadStatus } from "../../contract/uploads.ts";
import type { DeliveryKind, DeliveryStatus, WebhookEventType } from "../../contract/webhooks.ts";
import type { AnswerTables } from "./answer-tables.ts";

/** Rows as they stand in the database: times in unix seconds, JSON as text. */
export type Tables = AnswerTables & {
  organizations: { id: string; slug: string; created_at: number; is_operator: Generated<number> };
  projects: {
    id: string;
    organization_id: string;
    name: string;
    is_default: number;
    created_at: number;
    archived_at: number | null;
  };
  api_keys: {
    id: string;
    organization_id: string;
    project_id: string | null;
    name: string;
    hash: string;
    redacted: string;
    created_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
  };
  files: {
    seq: Generated<number>;
    id: string;
    project_id: string;
    purpose: string;
    filename: string;
    bytes: number;
    sha256: string;
    created_at: number;
    expires_at: number | null;
    deleted_at: Generated<number | null>;
  };
  jobs: {
    seq: Generated<number>;
    id: string;
    project_id: string;
    organization_id: string;
    owner_slug: string;
    created_at: number;
    model: string;
    base_model: string;
    parent_adapter: string | null;
    training_file: string;
    validation_file: string | null;
    suffix: string | null;
    seed: number;
    hyperparameters: string;
    metadata: string | null;
    status: JobStatus;
    error: string | null;
    fine_tuned_model: string | null;
    finished_at: number | null;
    estimated_finish: number | null;
    trained_tokens: number | null;
    total_steps: number | null;
    result_file: string | null;
    crashes: Generated<number>;
    journal_offset: Generated<number>;
    last_step: Generated<number>;
    method: Method;
    /** JSON: a list of OpenAI's integrations. */
    integrations: string;
    /** A queued job that waits for `resume`. */
    paused_at: number | null;
    idempotency_key: string | null;
    /** SHA-256 of the request that the key came with. */
    request_hash: string | null;
    /** JSON of ResolvedHyperparameters; `hyperparameters` has what was asked for, and OpenAI's own. */
    resolved_hyperparameters: string | null;
  };
  job_events: {
    seq: Generated<number>;
    id: string;
    job_id: string;
    created_at: number;
    level: "info" | "warn" | "error";
    message: string;
    type: "message" | "metrics";
    data: string | null;
  };
  job_checkpoints: {
    seq: Generated<number>;
    id: string;
    job_id: string;
    created_at: number;
    model: string;
    step: number;
    metrics: string;
  };
  webhook_endpoints: {
    seq: Generated<number>;
    id: string;
    project_id: string;
    name: string;
    url: string;
    /** JSON: a list of event types. */
    event_types: string;
    enabled: number;
    /** Why the server itself switched it off. */
    disabled_reason: string | null;
    secret: string;
    old_secret: string | null;
    old_secret_until: number | null;
    created_at: number;
    updated_at: number;
  };
  webhook_events: {
    seq: Generated<number>;
    id: string;
    project_id: string;
    type: WebhookEventType;
    /** The id of what the event is about. */
    subject: string;
    /** What is sent, byte for byte. */
    body: string;
    is_test: number;
    created_at: number;
  };
  webhook_deliveries: {
    seq: Generated<number>;
    id: string;
    endpoint_id: string;
    event_id: string;
    kind: DeliveryKind;
    status: DeliveryStatus;
    attempts: Generated<number>;
    next_attempt_at: number | null;
    created_at: number;
    finished_at: number | null;
  };
  webhook_attempts: {
    seq: Generated<number>;
    delivery_id: string;
    created_at: number;
    duration_ms: number;
    status_code: number | null;
    error: string | null;
    response: string | null;
  };
  tuned_models: {
    id: string;
    project_id: string;
    organization_id: string;
    base_model: string;
    adapter: string;
    /** null: it was imported; the job ran elsewhere. */
    job_id: string | null;
    created_at: number;
    deleted_at: number | null;
    imported_at: number | null;
  };
  uploads: {
    id: string;
    project_id: string;
    purpose: string;
    filename: string;
    bytes: number;
    created_at: number;
    expires_at: number;
    file_seconds: number | null;
    status: UploadStatus;
    /** JSON, in the order of the file. */
    part_ids: string | null;
    md5: string | null;
    file_id: string | null;
  };
  upload_parts: { id: string; upload_id: string; bytes: number; created_at: number };
  checkpoint_permissions: {
    seq: Generated<number>;
    id: string;
    model: string;
    project_id: string;
    created_at: number;
    deleted_at: Generated<number | null>;
  };
  lifecycle_entries: { kind: "model" | "policy"; name: string; value: string };
  lifecycle_changes: {
    seq: Generated<number>;
    id: string;
    created_at: number;
    key_id: string;
    note: string | null;
    plan_hash: string;
    document: string;
    /** JSON: the entries it touched, as they were and as they became. */
    entries: string;
    undoes: string | null;
    undo_until: string | null;
  };
  usage_days: {
    /** Days since 1970, UTC. */
    day: number;
    project_id: string;
    key_id: string;
    model: string;
    organization_id: string;
    base_model: string;
    is_tuned: number;
    first_at: number;
    last_at: number;
    requests: number;
    input_tokens: number;
    output_tokens: number;
    cached_tokens: Generated<number>;
  };
  project_rate_limits: {
    project_id: string;
    model: string;
    /** null: the server's own. */
    requests_per_minute: number | null;
    tokens_per_minute: number | null;
  };
  notices: {
    seq: Generated<number>;
    id: string;
    organization_id: string;
    project_id: string;
    kind: NoticeKind;
    what: NoticeWhat;
    subject: string;
    detail: string;
    date: string;
    event_date: string;
    step: number;
    follows: number;
    created_at: number;
    /** JSON of NoticeContent. */
    content: string;
  };
  notice_contacts: {
    seq: Generated<number>;
    id: string;
    organization_id: string;
    project_id: string | null;
    email: string;
    created_at: number;
  };
  notice_mails: {
    seq: Generated<number>;
    id: string;
    organization_id: string;
    address: string;
    created_at: number;
    status: MailStatus;
    attempts: Generated<number>;
    next_attempt_at: number | null;
    finished_at: number | null;
    error: string | null;
  };
  notice_mail_items: { notice_id: string; mail_id: string };
  dashboard_sessions: { hash: string; key_id: string; created_at: number; expires_at: number };
  dashboard_links: { hash: string; key_id: string; created_at: number; expires_at: number };
};
