-- Reserving was written twice, for runs and for signals. What both share is one function now; their names, arguments and
-- answers stay, so a worker of the version before goes on calling them.

-- Reserves the worst case of one call at every level that is given, always in the same order, or nothing. With `scripted`
-- there is no money; without a price (micro null) a limit in money refuses.
create function reserve_levels(
  organization uuid, project uuid, requirement uuid, task uuid,
  micro bigint, tokens bigint, ms bigint, scripted boolean,
  out outcome text, out wall uuid
) language plpgsql as $$
declare
  level_name text;
  owner uuid;
  money bigint := coalesce(micro, 0);
  unpriced boolean := micro is null and not scripted;
begin
  foreach level_name in array array['task', 'requirement', 'project', 'organization'] loop
    owner := case level_name
      when 'task' then task when 'requirement' then requirement
      when 'project' then project else organization end;
    continue when owner is null;
    loop
      update "Budget" b set
        "reservedMicroUsd" = b."reservedMicroUsd" + money,
        "reservedTokens" = b."reservedTokens" + tokens,
        "reservedMs" = b."reservedMs" + ms
      where b.level = level_name and b."ownerId" = owner
        and (b."limitMicroUsd" is null or scripted
          or (not unpriced and b."spentMicroUsd" + b."reservedMicroUsd" + money <= b."limitMicroUsd"))
        and (b."limitTokens" is null or b."spentTokens" + b."reservedTokens" + tokens <= b."limitTokens")
        and (b."limitMs" is null or b."spentMs" + b."reservedMs" + ms <= b."limitMs");
      exit when found;
      select b.id, case
        when b."limitMicroUsd" is not null and unpriced then 'unpriced'
        when b."limitMicroUsd" is not null and not scripted
          and b."spentMicroUsd" + b."reservedMicroUsd" + money > b."limitMicroUsd" then 'money'
        when b."limitTokens" is not null
          and b."spentTokens" + b."reservedTokens" + tokens > b."limitTokens" then 'tokens'
        else 'time' end
        into wall, outcome from "Budget" b where b.level = level_name and b."ownerId" = owner;
      if found then
        -- Takes back what lower levels gave.
        raise exception 'budget wall' using errcode = 'BW001';
      end if;
      insert into "Budget" (id, "organizationId", level, "ownerId")
        values (gen_random_uuid(), organization, level_name, owner)
        on conflict (level, "ownerId") do nothing;
    end loop;
  end loop;
  outcome := 'reserved';
exception when sqlstate 'BW001' then
  -- What was found out stays: variables are not rolled back.
end
$$;

-- For a run: fenced by its lease.
create or replace function reserve_budget(
  run uuid, lease_number integer, turn_number integer, try_number integer,
  micro bigint, tokens bigint, ms bigint, price text, scripted boolean
) returns table (outcome text, "budgetId" uuid) language plpgsql as $$
declare
  found_run record;
  got record;
begin
  select r.lease, r.status, r."organizationId", r."projectId", r."requirementId", r."taskId" into found_run
    from "Run" r where r.id = run for no key update;
  if not found or found_run.lease <> lease_number or found_run.status <> 'running' then
    return query select 'fenced', null::uuid;
    return;
  end if;
  got := reserve_levels(found_run."organizationId", found_run."projectId", found_run."requirementId",
    found_run."taskId", micro, tokens, ms, scripted);
  if got.outcome = 'reserved' then
    insert into "Reservation" (
      "organizationId", "projectId", "requirementId", "taskId", "runId", lease, turn, "try", "microUsd", tokens, ms, "priceId")
    values (
      found_run."organizationId", found_run."projectId", found_run."requirementId", found_run."taskId",
      run, lease_number, turn_number, try_number, micro, tokens, ms, price);
  end if;
  return query select got.outcome, got.wall;
end
$$;

-- For a signal: at its requirement's level if it has one, its project's and the organization's. There is no lease: one
-- job judges a signal, and what it leaves open is settled in full.
create or replace function reserve_signal_budget(
  signal uuid, micro bigint, tokens bigint, ms bigint, price text, scripted boolean
) returns table (outcome text, "budgetId" uuid, reservation uuid) language plpgsql as $$
declare
  found_signal record;
  got record;
  made uuid;
begin
  select s."organizationId", s."projectId", s."requirementId" into strict found_signal from "Signal" s where s.id = signal;
  got := reserve_levels(found_signal."organizationId", found_signal."projectId", found_signal."requirementId", null,
    micro, tokens, ms, scripted);
  if got.outcome = 'reserved' then
    insert into "Reservation" (
      "organizationId", "projectId", "requirementId", "signalId", lease, turn, "try", "microUsd", tokens, ms, "priceId")
    values (
      found_signal."organizationId", found_signal."projectId", found_signal."requirementId", signal, 0, 1, 1,
      micro, tokens, ms, price)
    returning id into made;
  end if;
  return query select got.outcome, got.wall, made;
end
$$;
