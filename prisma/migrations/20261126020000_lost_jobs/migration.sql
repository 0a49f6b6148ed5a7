-- Rows that wait for a job of their own, for the watchdog's look at jobs that got lost. Runs at work and open
-- requirements have such an index already.
create index "Task_proving_idx" on "Task" ("requirementId") where "status" = 'proving';
create index "Run_at_wall_idx" on "Run" ("waitsFor") where "status" = 'asking' and "waitsFor" is not null;
create index "Merge_queued_idx" on "Merge" ("taskId") where "status" = 'queued';
