-- The number is the time of a request's end in microseconds, made unique: pages, times and age are ranges of it.
create table requests (
  seq integer primary key,
  request_id text not null,
  created_at integer not null,
  organization_id text not null,
  project_id text not null,
  key_id text not null,
  model text not null,
  endpoint text not null,
  is_streamed integer not null,
  -- 'ok', 'cancelled' or the kind of a refusal
  status text not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cached_tokens integer not null,
  -- null: nothing was streamed
  first_token_ms real,
  duration_ms real not null
) strict;
create index requests_by_project on requests (project_id, seq);
create index requests_by_organization on requests (organization_id, seq);

-- What was answered in each hour and each minute; `start` in unix seconds.
create table usage_hours (
  start integer not null,
  organization_id text not null,
  project_id text not null,
  key_id text not null,
  model text not null,
  requests integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cached_tokens integer not null,
  primary key (organization_id, start, project_id, key_id, model)
) strict, without rowid;

create table usage_minutes (
  start integer not null,
  organization_id text not null,
  project_id text not null,
  key_id text not null,
  model text not null,
  requests integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cached_tokens integer not null,
  primary key (organization_id, start, project_id, key_id, model)
) strict, without rowid;
