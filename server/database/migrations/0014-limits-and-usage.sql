-- Where a project's limits on a model are not the server's; null: that one is.
create table project_rate_limits (
  project_id text not null references projects (id),
  model text not null,
  requests_per_minute integer,
  tokens_per_minute integer,
  primary key (project_id, model)
) strict, without rowid;

-- Sums of a span of days ask by organization, or by project within it.
create index usage_days_by_organization_day on usage_days (organization_id, day);
