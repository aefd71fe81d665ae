create table uploads (
  id text primary key,
  project_id text not null references projects (id),
  purpose text not null,
  filename text not null,
  bytes integer not null,
  created_at integer not null,
  expires_at integer not null,
  -- how long the file lives once there is one; null: until it is deleted
  file_seconds integer,
  status text not null check (status in ('pending', 'completed', 'cancelled', 'expired')),
  -- JSON, in the order of the file: the same completion asked for again gets the same answer
  part_ids text,
  md5 text,
  -- written before the file's row, in the same transaction
  file_id text references files (id) deferrable initially deferred
) strict;
create index uploads_pending on uploads (expires_at) where status = 'pending';

-- only of pending uploads
create table upload_parts (
  id text primary key,
  upload_id text not null references uploads (id),
  bytes integer not null,
  created_at integer not null
) strict;
create index upload_parts_by_upload on upload_parts (upload_id);
