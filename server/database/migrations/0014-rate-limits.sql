-- Where a project's limits on a model are not the server's; null: that one is.
create table project_rate_limits (
  project_id text not null references projects (id),
  model text not null,
  requests_per_minute integer,
  tokens_per_minute integer,
  primary key (project_id, model)
) strict, without rowid;
