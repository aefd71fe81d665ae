-- JSON: every number that the training goes by; null until the trainer has counted the rows
alter table jobs add column resolved_hyperparameters text;
