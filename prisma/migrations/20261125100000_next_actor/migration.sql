-- Who acts next, on every row that can be unfinished; limits, pauses and the order of work.
alter table "Organization" add column "maxConcurrentRuns" integer;
alter table "Project" add column "maxConcurrentRuns" integer;

alter table "Requirement"
  add column "pausedAt" timestamptz(3),
  add column "pausedBy" text not null default '',
  add column "nextActor" text not null default 'system',
  add column "nextActorId" text,
  add column "nextActorName" text not null default 'Orchestrator',
  add column "nextReason" text not null default 'Orchestrator decides what happens next.',
  add column "nextSince" timestamptz(3) not null default current_timestamp,
  add column "nextDeadline" timestamptz(3) not null default (now() + interval '30 seconds');
create index "Requirement_nextDeadline_idx" on "Requirement" ("nextDeadline");

alter table "Task"
  add column "rank" double precision not null default 0,
  add column "expectedMs" integer not null default 0,
  add column "openDependencies" integer not null default 0,
  add column "pausedAt" timestamptz(3),
  add column "pausedBy" text not null default '',
  add column "wantedAgentId" uuid,
  add column "notBefore" timestamptz(3),
  add column "nextActor" text not null default 'system',
  add column "nextActorId" text,
  add column "nextActorName" text not null default 'Orchestrator',
  add column "nextReason" text not null default 'Orchestrator decides what happens next.',
  add column "nextSince" timestamptz(3) not null default current_timestamp,
  add column "nextDeadline" timestamptz(3) not null default (now() + interval '30 seconds');
create index "Task_nextDeadline_idx" on "Task" ("nextDeadline");

alter table "Run"
  add column "planRevision" integer,
  add column "notBefore" timestamptz(3),
  add column "nextActor" text not null default 'system',
  add column "nextActorId" text,
  add column "nextActorName" text not null default 'Orchestrator',
  add column "nextReason" text not null default 'Orchestrator decides what happens next.',
  add column "nextSince" timestamptz(3) not null default current_timestamp,
  add column "nextDeadline" timestamptz(3) not null default (now() + interval '30 seconds');
create index "Run_nextDeadline_idx" on "Run" ("nextDeadline");

alter table "Merge"
  add column "nextActor" text not null default 'system',
  add column "nextActorId" text,
  add column "nextActorName" text not null default 'Orchestrator',
  add column "nextReason" text not null default 'Orchestrator decides what happens next.',
  add column "nextSince" timestamptz(3) not null default current_timestamp,
  add column "nextDeadline" timestamptz(3) not null default (now() + interval '30 seconds');
create index "Merge_nextDeadline_idx" on "Merge" ("nextDeadline");

alter table "Decision"
  add column "nextActor" text not null default 'system',
  add column "nextActorId" text,
  add column "nextActorName" text not null default 'Orchestrator',
  add column "nextReason" text not null default 'Orchestrator decides what happens next.',
  add column "nextSince" timestamptz(3) not null default current_timestamp,
  add column "nextDeadline" timestamptz(3) not null default (now() + interval '30 seconds');
create index "Decision_nextDeadline_idx" on "Decision" ("nextDeadline");

-- Dependencies that are not done yet, for tasks that exist already.
update "Task" set "openDependencies" = (
  select count(*) from "Dependency" join "Task" as needed on needed.id = "Dependency"."dependsOnId"
  where "Dependency"."taskId" = "Task".id and needed.status <> 'done');

create table "Timer" (
  "name" text not null,
  "ranAt" timestamptz(3) not null,
  constraint "Timer_pkey" primary key ("name")
);

-- Nothing unfinished without exactly one next actor. Arguments: the statuses in which a row has ended.
-- Who changes the status and names nobody leaves it to the scheduler, which the watchdog holds to 30 seconds.
create function keep_next_actor() returns trigger language plpgsql as $$
begin
  if new.status = any (tg_argv) then
    new."nextActor" := 'nobody';
    new."nextActorId" := null;
    new."nextActorName" := '';
    new."nextReason" := '';
    return new;
  end if;
  if new."nextActor" = 'nobody' or new."nextReason" = '' or (
    tg_op = 'UPDATE' and new.status is distinct from old.status
    and (new."nextActor", new."nextActorId", new."nextReason", new."nextDeadline")
      is not distinct from (old."nextActor", old."nextActorId", old."nextReason", old."nextDeadline")
  ) then
    new."nextActor" := 'system';
    new."nextActorId" := null;
    new."nextActorName" := 'Orchestrator';
    new."nextReason" := 'Orchestrator decides what happens next.';
    new."nextDeadline" := now() + interval '30 seconds';
  end if;
  if tg_op = 'UPDATE' and (new."nextActor", new."nextActorId", new."nextReason")
    is distinct from (old."nextActor", old."nextActorId", old."nextReason") then
    new."nextSince" := now();
  end if;
  return new;
end
$$;

create trigger "Requirement_next_actor" before insert or update on "Requirement"
  for each row execute function keep_next_actor('done', 'partly_done', 'failed', 'cancelled');
create trigger "Task_next_actor" before insert or update on "Task"
  for each row execute function keep_next_actor('done', 'failed', 'cancelled');
create trigger "Run_next_actor" before insert or update on "Run"
  for each row execute function keep_next_actor('finished', 'failed', 'cancelled');
create trigger "Merge_next_actor" before insert or update on "Merge"
  for each row execute function keep_next_actor('merged', 'conflict', 'checks_failed');
create trigger "Decision_next_actor" before insert or update on "Decision"
  for each row execute function keep_next_actor('answered', 'expired', 'withdrawn');

-- Rows that ended before: the trigger names nobody.
update "Requirement" set status = status;
update "Task" set status = status;
update "Run" set status = status;
update "Merge" set status = status;
update "Decision" set status = status;
