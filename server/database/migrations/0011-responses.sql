create table conversations (
  seq integer primary key,
  id text not null unique,
  project_id text not null references projects (id),
  created_at integer not null,
  metadata text not null
) strict;

create table conversation_items (
  seq integer primary key,
  id text not null,
  conversation_id text not null references conversations (id) on delete cascade,
  item text not null
) strict;
create unique index conversation_items_by_conversation on conversation_items (conversation_id, id);
create index conversation_items_in_order on conversation_items (conversation_id, seq);
create index conversation_items_by_id on conversation_items (id);

create table responses (
  seq integer primary key,
  id text not null unique,
  project_id text not null references projects (id),
  organization_id text not null,
  key_id text not null,
  created_at integer not null,
  -- null: kept until it is deleted
  expires_at integer,
  status text not null check (status in ('queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled')),
  is_background integer not null,
  -- its events are stored as they were sent
  has_events integer not null,
  previous_id text,
  conversation_id text,
  -- JSON: what was asked, without the input
  request text not null,
  -- JSON: as it is shown, without the output
  response text not null,
  -- how often its generation was begun
  attempts integer not null default 0
) strict;
create index responses_by_project on responses (project_id, seq);
create index responses_open on responses (status, seq) where status in ('queued', 'in_progress');
create index responses_by_previous on responses (previous_id) where previous_id is not null;
create index responses_by_expiry on responses (expires_at) where expires_at is not null;

create table response_items (
  seq integer primary key,
  id text not null,
  response_id text not null references responses (id) on delete cascade,
  side text not null check (side in ('input', 'output')),
  item text not null
) strict;
create index response_items_by_response on response_items (response_id, side, seq);
create index response_items_by_id on response_items (id);

-- a row for each batch of events
create table response_events (
  response_id text not null references responses (id) on delete cascade,
  first integer not null,
  last integer not null,
  -- JSON: a list
  events text not null,
  primary key (response_id, first)
) strict, without rowid;
