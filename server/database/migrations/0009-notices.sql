-- What each project was told of the dates that hit it.
create table notices (
  seq integer primary key,
  id text not null unique,
  organization_id text not null,
  project_id text not null references projects (id),
  kind text not null check (kind in ('announcement', 'reminder', 'moved', 'withdrawn')),
  what text not null,
  -- the base model or the policy
  subject text not null,
  -- tells the stages of a policy apart
  detail text not null,
  -- when it hits this project
  date text not null,
  -- the date that stands in what is in force: an earlier one, where the last use decides
  event_date text not null,
  -- how near the date was: 0 on announcement, 1 from 90 days before on, …
  step integer not null,
  -- the notice before it about the same thing (its seq); 0: none. Two servers that would tell the same follow the same one.
  follows integer not null,
  created_at integer not null,
  -- JSON: NoticeContent
  content text not null
) strict;
create unique index notices_once on notices (project_id, what, subject, detail, follows);
create index notices_by_project on notices (project_id, seq);
create index notices_by_organization on notices (organization_id, seq);

-- Who gets mail.
create table notice_contacts (
  seq integer primary key,
  id text not null unique,
  organization_id text not null references organizations (id),
  -- null: the whole organization
  project_id text references projects (id),
  email text not null collate nocase,
  created_at integer not null
) strict;
create unique index notice_contacts_once on notice_contacts (organization_id, coalesce(project_id, ''), email);

-- One mail to one address, with everything that there was to tell at that moment.
create table notice_mails (
  seq integer primary key,
  id text not null unique,
  organization_id text not null,
  address text not null collate nocase,
  created_at integer not null,
  status text not null check (status in ('pending', 'sent', 'failed')),
  attempts integer not null default 0,
  -- while an attempt is under way: when it is taken for lost
  next_attempt_at integer,
  finished_at integer,
  -- why the last attempt failed; null also while one is under way
  error text
) strict;
create index notice_mails_next on notice_mails (next_attempt_at, seq) where status = 'pending';
create index notice_mails_by_address on notice_mails (organization_id, address) where status = 'pending';

create table notice_mail_items (
  notice_id text not null references notices (id),
  mail_id text not null references notice_mails (id),
  primary key (notice_id, mail_id)
) strict, without rowid;
create index notice_mail_items_by_mail on notice_mail_items (mail_id);
