-- The first organization's admin keys are the operator's.
alter table organizations add column is_operator integer not null default 0;
update organizations set is_operator = 1
  where id = (select id from organizations order by created_at, rowid limit 1);
create unique index organizations_by_slug on organizations (slug);
create unique index organizations_operator on organizations (is_operator) where is_operator = 1;

-- What is in force: dates of base models and training-access policies.
create table lifecycle_entries (
  kind text not null check (kind in ('model', 'policy')),
  name text not null,
  -- JSON
  value text not null,
  primary key (kind, name)
) strict, without rowid;

create table lifecycle_changes (
  seq integer primary key autoincrement,
  id text not null unique,
  created_at integer not null,
  key_id text not null,
  note text,
  plan_hash text not null,
  -- JSON: the change as it was given
  document text not null,
  -- JSON: the entries that it touched, as they were and as they became; null: absent
  entries text not null,
  -- the change that this one takes back
  undoes text unique references lifecycle_changes (id),
  -- the first date that closes the way back
  undo_until text
) strict;

-- What was asked of which model, by day (days since 1970, UTC).
create table usage_days (
  day integer not null,
  project_id text not null references projects (id),
  key_id text not null,
  model text not null,
  organization_id text not null,
  base_model text not null,
  is_tuned integer not null,
  first_at integer not null,
  last_at integer not null,
  requests integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  primary key (project_id, model, day, key_id)
) strict, without rowid;
create index usage_days_by_organization on usage_days (organization_id, day) where is_tuned = 1;
create index usage_days_by_base on usage_days (base_model, day);

create index jobs_by_organization on jobs (organization_id, created_at);
create index jobs_by_base on jobs (base_model, status);
create index tuned_models_by_base on tuned_models (base_model) where deleted_at is null;
create index projects_by_organization on projects (organization_id);
