type UsageSpan = {
  /** Unix seconds. */
  start: number;
  organization_id: string;
  project_id: string;
  key_id: string;
  model: string;
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
};

/** The database of what was asked, beside the platform's own. */
export type RequestTables = {
  requests: {
    seq: number;
    request_id: string;
    created_at: number;
    organization_id: string;
    project_id: string;
    key_id: string;
    model: string;
    endpoint: string;
    is_streamed: number;
    status: string;
    input_tokens: number;
    output_tokens: number;
    cached_tokens: number;
    first_token_ms: number | null;
    duration_ms: number;
  };
  usage_hours: UsageSpan;
  usage_minutes: UsageSpan;
};
