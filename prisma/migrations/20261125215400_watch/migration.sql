-- How often the watchdog has acted on the same next actor; what waits for people names the question.
alter table "Requirement" add column "overdue" integer not null default 0;
alter table "Task" add column "overdue" integer not null default 0;
alter table "Run" add column "overdue" integer not null default 0;
alter table "Merge" add column "overdue" integer not null default 0;
alter table "Decision" add column "overdue" integer not null default 0;

create or replace function keep_next_actor() returns trigger language plpgsql as $$
declare
  asked record;
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
    -- What waits for an answer waits for whoever gives it.
    if new.status = 'asking' and tg_table_name in ('Task', 'Run') then
      select id, question, deadline into asked from "Decision"
      where (tg_table_name = 'Task' and "taskId" = new.id) or (tg_table_name = 'Run' and "runId" = new.id)
        or id = (to_jsonb(new) ->> 'waitsFor')::uuid
      order by "createdAt" desc limit 1;
      if found then
        new."nextActor" := 'group';
        new."nextActorId" := asked.id::text;
        new."nextActorName" := 'The team';
        new."nextReason" := 'Waits for the answer of the team: ' || asked.question;
        new."nextDeadline" := coalesce(asked.deadline, now() + interval '24 hours');
      end if;
    end if;
  end if;
  if tg_op = 'UPDATE' and (new."nextActor", new."nextActorId", new."nextReason")
    is distinct from (old."nextActor", old."nextActorId", old."nextReason") then
    new."nextSince" := now();
    new."overdue" := 0;
  end if;
  return new;
end
$$;

-- Rows from before name the question they wait for.
update "Task" set "nextActor" = 'group', "nextActorName" = 'The team', "nextActorId" = asked.id::text,
  "nextReason" = 'Waits for the answer of the team: ' || asked.question, "nextDeadline" = now() + interval '24 hours'
from (select distinct on ("taskId") "taskId", id, question from "Decision" where "taskId" is not null
  order by "taskId", "createdAt" desc) as asked
where "Task".status = 'asking' and asked."taskId" = "Task".id;
update "Run" set "nextActor" = 'group', "nextActorName" = 'The team', "nextActorId" = asked.id::text,
  "nextReason" = 'Waits for the answer of the team: ' || asked.question, "nextDeadline" = now() + interval '24 hours'
from (select distinct on ("runId") "runId", id, question from "Decision" where "runId" is not null
  order by "runId", "createdAt" desc) as asked
where "Run".status = 'asking' and asked."runId" = "Run".id;

-- Waiting for an answer can't be written without what unblocks it.
alter table "Task" add constraint "Task_asking_names_question"
  check ("status" <> 'asking' or "nextActorId" is not null) not valid;
alter table "Run" add constraint "Run_asking_names_question"
  check ("status" <> 'asking' or "nextActorId" is not null) not valid;

-- A task that has left flight, however it did, holds nobody's files any more; whoever waited is looked at at once.
create function free_blocked_tasks() returns trigger language plpgsql as $$
begin
  update "Task" set "blockedById" = null, "nextActor" = 'timer', "nextActorId" = null, "nextActorName" = 'Timer',
    "nextReason" = 'Its files are free again: it starts when an agent has a slot free.', "nextDeadline" = now()
  where "blockedById" = new.id;
  return null;
end
$$;
create trigger "Task_free_blocked" after update of "status" on "Task" for each row
  when (old.status in ('running', 'asking', 'proving', 'reviewing', 'merging')
    and new.status not in ('running', 'asking', 'proving', 'reviewing', 'merging'))
  execute function free_blocked_tasks();

create index "Decision_runId_idx" on "Decision" ("runId");
drop index "Task_ready_idx";
create index "Task_ready_idx" on "Task" ("requirementId", "capability", "rank" desc, "position")
  where "status" in ('waiting', 'ready') and "openDependencies" = 0 and "blockedById" is null;
drop index "Task_unfinished_idx";
create index "Task_unfinished_idx" on "Task" ("requirementId")
  where "status" not in ('done', 'failed', 'cancelled');
