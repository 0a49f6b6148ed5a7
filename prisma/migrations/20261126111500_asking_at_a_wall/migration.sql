-- A task whose run waits at the wall of a wider budget waits for that question, which is about no task: without it, a
-- pause of such a task could not be lifted.
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
        or (tg_table_name = 'Task' and id in (select "waitsFor" from "Run" where "taskId" = new.id and status = 'asking'))
      order by status = 'open' desc, "createdAt" desc limit 1;
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
