-- null: the model was imported, and its job ran on another installation
alter table tuned_models alter column job_id drop not null;
alter table tuned_models add column imported_at integer;
