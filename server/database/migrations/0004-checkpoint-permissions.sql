create table checkpoint_permissions (
  seq integer primary key,
  id text not null unique,
  model text not null references tuned_models (id),
  project_id text not null references projects (id),
  created_at integer not null,
  -- the row stays as a place in lists that are read page by page
  deleted_at integer
) strict;
create unique index checkpoint_permissions_live on checkpoint_permissions (model, project_id) where deleted_at is null;
create index checkpoint_permissions_by_project on checkpoint_permissions (project_id) where deleted_at is null;
