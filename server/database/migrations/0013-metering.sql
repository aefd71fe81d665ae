-- Input tokens that were not computed anew.
alter table usage_days add column cached_tokens integer not null default 0;
