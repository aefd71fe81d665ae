-- the next job of each project, read from the index alone
create index jobs_next on jobs (project_id, seq) where status = 'queued' and paused_at is null;
-- how many jobs of a project wait
create index jobs_waiting on jobs (project_id) where status in ('validating_files', 'queued');
