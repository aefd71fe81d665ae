alter table jobs add column method text not null default 'supervised' check (method in ('supervised', 'dpo'));
-- JSON, as OpenAI shows them
alter table jobs add column integrations text not null default '[]';
-- a queued job with this waits until it is resumed
alter table jobs add column paused_at integer;
alter table jobs add column idempotency_key text;
-- of the request that the key came with: the same key with another request is refused
alter table jobs add column request_hash text;
create unique index jobs_by_idempotency_key on jobs (project_id, idempotency_key) where idempotency_key is not null;
