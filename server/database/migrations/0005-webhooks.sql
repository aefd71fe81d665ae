create table webhook_endpoints (
  seq integer primary key,
  id text not null unique,
  project_id text not null references projects (id),
  name text not null,
  url text not null,
  -- JSON: a list of event types
  event_types text not null,
  enabled integer not null,
  -- why the server itself switched it off
  disabled_reason text,
  -- as it is: a signature needs it whole
  secret text not null,
  old_secret text,
  old_secret_until integer,
  created_at integer not null,
  updated_at integer not null
) strict;
create index webhook_endpoints_by_project on webhook_endpoints (project_id, seq);

create table webhook_events (
  seq integer primary key,
  id text not null unique,
  project_id text not null references projects (id),
  type text not null,
  -- the id of what the event is about
  subject text not null,
  -- what is sent, byte for byte
  body text not null,
  is_test integer not null default 0,
  created_at integer not null
) strict;
create unique index webhook_events_once on webhook_events (subject, type) where is_test = 0;
create index webhook_events_by_project on webhook_events (project_id, created_at);
create index webhook_events_by_age on webhook_events (created_at);

create table webhook_deliveries (
  seq integer primary key,
  id text not null unique,
  endpoint_id text not null references webhook_endpoints (id) on delete cascade,
  event_id text not null references webhook_events (id),
  kind text not null check (kind in ('event', 'replay', 'test')),
  status text not null check (status in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at integer,
  created_at integer not null,
  finished_at integer
) strict;
create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, seq);
create index webhook_deliveries_next on webhook_deliveries (endpoint_id, next_attempt_at, seq) where status = 'pending';
create unique index webhook_deliveries_pending on webhook_deliveries (event_id, endpoint_id) where status = 'pending';
create index webhook_deliveries_by_event on webhook_deliveries (event_id, endpoint_id);
create index webhook_deliveries_by_age on webhook_deliveries (created_at);

create table webhook_attempts (
  seq integer primary key,
  delivery_id text not null references webhook_deliveries (id) on delete cascade,
  created_at integer not null,
  duration_ms integer not null,
  -- null: no answer
  status_code integer,
  error text,
  -- the beginning of the answer's body
  response text
) strict;
create index webhook_attempts_by_delivery on webhook_attempts (delivery_id, seq);
