-- How long tasks take, learned; what the scheduler needs to look only at what can move.
create table "TaskDuration" (
  "organizationId" uuid not null,
  "capability" text not null,
  "finished" integer not null,
  "meanMs" double precision not null,
  constraint "TaskDuration_pkey" primary key ("organizationId", "capability")
);

alter table "Task" add column "blockedById" uuid;
alter table "Run" add column "touched" text[] not null default '{}';
alter table "Requirement"
  add column "advancedTo" bigint not null default 0,
  add column "wants" text[] not null default '{}',
  add column "servedAt" timestamptz(3);

-- Partial indexes: their size follows what is unfinished, not what there has ever been.
create index "Task_ready_idx" on "Task" ("planId", "rank" desc, "position")
  where "status" in ('waiting', 'ready') and "openDependencies" = 0 and "blockedById" is null;
create index "Task_in_flight_idx" on "Task" ("projectId", "requirementId")
  where "status" in ('running', 'asking', 'proving', 'reviewing', 'merging');
create index "Task_unfinished_idx" on "Task" ("planId")
  where "status" not in ('done', 'failed', 'cancelled');
create index "Task_blocked_idx" on "Task" ("blockedById") where "blockedById" is not null;
create index "Run_active_idx" on "Run" ("organizationId") where "status" in ('queued', 'running');
create index "Requirement_wants_idx" on "Requirement" ("organizationId") where "wants" <> '{}';
create index "Run_agentId_createdAt_idx" on "Run" ("agentId", "createdAt");
create index "Decision_taskId_idx" on "Decision" ("taskId");

-- What has ended has no deadline to miss.
create index "Requirement_watch_idx" on "Requirement" ("nextDeadline") where "nextActor" <> 'nobody';
create index "Task_watch_idx" on "Task" ("nextDeadline") where "nextActor" <> 'nobody';
create index "Run_watch_idx" on "Run" ("nextDeadline") where "nextActor" <> 'nobody';
create index "Merge_watch_idx" on "Merge" ("nextDeadline") where "nextActor" <> 'nobody';
create index "Decision_watch_idx" on "Decision" ("nextDeadline") where "nextActor" <> 'nobody';
