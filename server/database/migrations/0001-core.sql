create table organizations (
  id text primary key,
  slug text not null,
  created_at integer not null
) strict;

create table projects (
  id text primary key,
  organization_id text not null references organizations (id),
  name text not null,
  is_default integer not null default 0,
  created_at integer not null,
  archived_at integer
) strict;

create table api_keys (
  id text primary key,
  organization_id text not null references organizations (id),
  -- null: an admin key
  project_id text references projects (id),
  name text not null,
  hash text not null unique,
  redacted text not null,
  created_at integer not null,
  last_used_at integer,
  revoked_at integer
) strict;
create index api_keys_by_project on api_keys (project_id, created_at);

create table files (
  seq integer primary key,
  id text not null unique,
  project_id text not null references projects (id),
  purpose text not null,
  filename text not null,
  bytes integer not null,
  sha256 text not null,
  created_at integer not null,
  expires_at integer,
  -- its bytes are gone; the row stays as a place in lists that are read page by page
  deleted_at integer
) strict;
create index files_by_project on files (project_id, seq) where deleted_at is null;
create index files_by_expiry on files (expires_at) where expires_at is not null and deleted_at is null;

create table jobs (
  seq integer primary key,
  id text not null unique,
  project_id text not null references projects (id),
  organization_id text not null references organizations (id),
  -- the owner part of the tuned model's name
  owner_slug text not null,
  created_at integer not null,
  model text not null,
  base_model text not null,
  -- the adapter to continue from; null: trained from the base
  parent_adapter text,
  training_file text not null,
  validation_file text,
  suffix text,
  seed integer not null,
  hyperparameters text not null,
  metadata text,
  status text not null check (status in ('validating_files', 'queued', 'running', 'succeeded', 'failed', 'cancelled')),
  error text,
  fine_tuned_model text,
  finished_at integer,
  estimated_finish integer,
  trained_tokens integer,
  total_steps integer,
  result_file text,
  -- starts of a trainer that ended in no journalled end
  crashes integer not null default 0,
  -- bytes of journal.jsonl whose events are in this database
  journal_offset integer not null default 0,
  last_step integer not null default 0
) strict;
create index jobs_by_project on jobs (project_id, seq);
create index jobs_open on jobs (status, seq) where status in ('validating_files', 'queued', 'running');

create table job_events (
  seq integer primary key,
  id text not null unique,
  job_id text not null references jobs (id),
  created_at integer not null,
  level text not null,
  message text not null,
  type text not null,
  data text
) strict;
create index job_events_by_job on job_events (job_id, seq);

create table job_checkpoints (
  seq integer primary key,
  id text not null unique,
  job_id text not null references jobs (id),
  created_at integer not null,
  model text not null,
  step integer not null,
  metrics text not null
) strict;
create index job_checkpoints_by_job on job_checkpoints (job_id, seq);

create table tuned_models (
  id text primary key,
  project_id text not null references projects (id),
  organization_id text not null references organizations (id),
  base_model text not null,
  adapter text not null,
  job_id text not null references jobs (id),
  created_at integer not null,
  deleted_at integer
) strict;
create index tuned_models_by_project on tuned_models (project_id, created_at);
