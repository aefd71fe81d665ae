-- Who is signed in to the dashboard. The cookie's token is stored as a hash; a session acts as its key, and ends with it.
create table dashboard_sessions (
  hash text primary key,
  key_id text not null references api_keys (id),
  created_at integer not null,
  expires_at integer not null
) strict, without rowid;

create index dashboard_sessions_by_key on dashboard_sessions (key_id, created_at);

-- Links that sign in once.
create table dashboard_links (
  hash text primary key,
  key_id text not null references api_keys (id),
  created_at integer not null,
  expires_at integer not null
) strict, without rowid;
