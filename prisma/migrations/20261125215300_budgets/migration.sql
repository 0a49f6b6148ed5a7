-- Budgets at four levels, what is reserved from them, prices and limits that an organization sets itself.
create table "Budget" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "level" text not null,
  "ownerId" uuid not null,
  "limitMicroUsd" bigint,
  "limitTokens" bigint,
  "limitMs" bigint,
  "reservedMicroUsd" bigint not null default 0,
  "reservedTokens" bigint not null default 0,
  "reservedMs" bigint not null default 0,
  "spentMicroUsd" bigint not null default 0,
  "spentTokens" bigint not null default 0,
  "spentMs" bigint not null default 0,
  "createdAt" timestamptz(3) not null default current_timestamp,
  constraint "Budget_pkey" primary key ("id"),
  constraint "Budget_counters_check" check (
    "reservedMicroUsd" >= 0 and "reservedTokens" >= 0 and "reservedMs" >= 0
    and "spentMicroUsd" >= 0 and "spentTokens" >= 0 and "spentMs" >= 0)
);
create unique index "Budget_level_ownerId_key" on "Budget" ("level", "ownerId");
create index "Budget_organizationId_idx" on "Budget" ("organizationId");

create table "Reservation" (
  "id" uuid not null default gen_random_uuid(),
  "organizationId" uuid not null,
  "projectId" uuid not null,
  "requirementId" uuid not null,
  "taskId" uuid,
  "runId" uuid not null,
  "lease" integer not null,
  "turn" integer not null,
  "try" integer not null,
  "microUsd" bigint,
  "tokens" bigint not null,
  "ms" bigint not null,
  "priceId" text,
  "status" text not null default 'open',
  "usedMicroUsd" bigint,
  "usedTokens" bigint,
  "usedMs" bigint,
  "estimated" boolean not null default false,
  "createdAt" timestamptz(3) not null default clock_timestamp(),
  "endedAt" timestamptz(3),
  constraint "Reservation_pkey" primary key ("id")
);
create unique index "Reservation_runId_lease_turn_try_key" on "Reservation" ("runId", "lease", "turn", "try");
create index "Reservation_requirementId_idx" on "Reservation" ("requirementId");
create index "Reservation_open_idx" on "Reservation" ("createdAt") where "status" = 'open';

create table "BudgetWall" (
  "decisionId" uuid not null,
  "organizationId" uuid not null,
  "budgetId" uuid not null,
  "dimension" text not null,
  "needed" bigint not null,
  "raiseTo" bigint,
  "cheaperAgentId" uuid,
  "createdAt" timestamptz(3) not null default current_timestamp,
  "settledAt" timestamptz(3),
  constraint "BudgetWall_pkey" primary key ("decisionId")
);
create index "BudgetWall_budgetId_idx" on "BudgetWall" ("budgetId");

create table "ModelPrice" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "model" text not null,
  "input" double precision not null,
  "output" double precision not null,
  "cacheRead" double precision not null,
  "cacheWrite" double precision not null,
  "setBy" text not null default '',
  "setAt" timestamptz(3) not null default current_timestamp,
  constraint "ModelPrice_pkey" primary key ("id")
);
create unique index "ModelPrice_organizationId_model_key" on "ModelPrice" ("organizationId", "model");

create table "ProviderLimit" (
  "organizationId" uuid not null,
  "provider" text not null,
  "maxConcurrent" integer,
  "requestsPerMinute" integer,
  "tokensPerMinute" integer,
  constraint "ProviderLimit_pkey" primary key ("organizationId", "provider")
);

create table "ProviderGate" (
  "organizationId" uuid not null,
  "provider" text not null,
  "keyHash" text not null,
  "state" text not null default 'closed',
  "failures" integer not null default 0,
  "openings" integer not null default 0,
  "windowStart" timestamptz(3) not null default current_timestamp,
  "windowCalls" integer not null default 0,
  "windowFailures" integer not null default 0,
  "openUntil" timestamptz(3),
  "probeUntil" timestamptz(3),
  "reason" text not null default '',
  "requestsLeft" double precision,
  "tokensLeft" double precision,
  "filledAt" timestamptz(3) not null default current_timestamp,
  constraint "ProviderGate_pkey" primary key ("organizationId", "provider", "keyHash")
);

alter table "Agent"
  add column "maxToolCalls" integer not null default 400,
  add column "maxMinutes" integer not null default 120;

alter table "Run"
  add column "waitsFor" uuid,
  add column "heldSince" timestamptz(3),
  add column "agentSettings" jsonb not null default '{}';
create index "Run_waitsFor_idx" on "Run" ("waitsFor") where "waitsFor" is not null;

-- Whoever cancels or pauses a run that is at work: the worker that holds it is told with the commit.
create function tell_run_stopped() returns trigger language plpgsql as $$
begin
  perform pg_notify('orchestrator_runs', new.id::text);
  return null;
end
$$;
create trigger "Run_stopped" after update of status, lease on "Run" for each row
  when (old.status = 'running' and (new.status in ('cancelled', 'paused') or new.lease <> old.lease))
  execute function tell_run_stopped();

-- Reserves the worst case of one model call at every level it counts against, always in the same order, or nothing.
-- Fenced by the run's lease. With `scripted` there is no money; without a price (micro null) a limit in money refuses.
create function reserve_budget(
  run uuid, lease_number integer, turn_number integer, try_number integer,
  micro bigint, tokens bigint, ms bigint, price text, scripted boolean
) returns table (outcome text, "budgetId" uuid) language plpgsql as $$
declare
  found_run record;
  wall uuid;
  refused text;
  level_name text;
  owner uuid;
  money bigint := coalesce(micro, 0);
  unpriced boolean := micro is null and not scripted;
begin
  select r.lease, r.status, r."organizationId", r."projectId", r."requirementId", r."taskId" into found_run
    from "Run" r where r.id = run for no key update;
  if not found or found_run.lease <> lease_number or found_run.status <> 'running' then
    return query select 'fenced', null::uuid;
    return;
  end if;
  begin
    foreach level_name in array array['task', 'requirement', 'project', 'organization'] loop
      owner := case level_name
        when 'task' then found_run."taskId" when 'requirement' then found_run."requirementId"
        when 'project' then found_run."projectId" else found_run."organizationId" end;
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
          into wall, refused from "Budget" b where b.level = level_name and b."ownerId" = owner;
        if found then
          raise exception 'budget wall' using errcode = 'BW001';
        end if;
        insert into "Budget" (id, "organizationId", level, "ownerId")
          values (gen_random_uuid(), found_run."organizationId", level_name, owner)
          on conflict (level, "ownerId") do nothing;
      end loop;
    end loop;
    insert into "Reservation" (
      "organizationId", "projectId", "requirementId", "taskId", "runId", lease, turn, "try", "microUsd", tokens, ms, "priceId")
    values (
      found_run."organizationId", found_run."projectId", found_run."requirementId", found_run."taskId",
      run, lease_number, turn_number, try_number, micro, tokens, ms, price);
  exception when sqlstate 'BW001' then
    return query select refused, wall;
    return;
  end;
  return query select 'reserved', null::uuid;
end
$$;

-- Turns one open reservation into what was used; the second time there is nothing left to do. Not fenced: what a
-- cancelled call cost is counted all the same.
create function settle_budget(
  reservation uuid, micro bigint, used_tokens bigint, used_ms bigint, is_estimate boolean
) returns boolean language plpgsql as $$
declare
  held record;
  level_name text;
begin
  update "Reservation" r set
    status = case when used_tokens = 0 and coalesce(micro, 0) = 0 then 'released' else 'settled' end,
    "usedMicroUsd" = micro, "usedTokens" = used_tokens, "usedMs" = used_ms, estimated = is_estimate,
    "endedAt" = clock_timestamp()
  where r.id = reservation and r.status = 'open'
  returning r."organizationId", r."projectId", r."requirementId", r."taskId", r."microUsd", r.tokens, r.ms into held;
  if not found then
    return false;
  end if;
  foreach level_name in array array['task', 'requirement', 'project', 'organization'] loop
    update "Budget" b set
      "reservedMicroUsd" = b."reservedMicroUsd" - coalesce(held."microUsd", 0),
      "reservedTokens" = b."reservedTokens" - held.tokens,
      "reservedMs" = b."reservedMs" - held.ms,
      "spentMicroUsd" = b."spentMicroUsd" + coalesce(micro, 0),
      "spentTokens" = b."spentTokens" + used_tokens,
      "spentMs" = b."spentMs" + used_ms
    where b.level = level_name and b."ownerId" = case level_name
      when 'task' then held."taskId" when 'requirement' then held."requirementId"
      when 'project' then held."projectId" else held."organizationId" end;
  end loop;
  return true;
end
$$;
