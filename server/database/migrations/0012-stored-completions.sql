create table stored_completions (
  seq integer primary key autoincrement,
  id text not null unique,
  project_id text not null references projects (id),
  created_at integer not null,
  model text not null,
  -- JSON: the caller's pairs; the only thing that changes
  metadata text not null,
  -- JSON: the messages as they were sent
  messages text not null,
  -- JSON: the answer, and the parameters that it was made with
  completion text not null
) strict;
create index stored_completions_by_project on stored_completions (project_id, seq);
create index stored_completions_by_model on stored_completions (project_id, model, seq);
