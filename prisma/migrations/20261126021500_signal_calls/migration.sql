-- Calls that no run makes: an agent judges a signal. They are reserved and settled like all others.
alter table "Reservation"
  alter column "requirementId" drop not null,
  alter column "runId" drop not null,
  add column "signalId" uuid;
alter table "Reservation" add constraint "Reservation_of_run_or_signal"
  check (("runId" is null) <> ("signalId" is null)) not valid;
create index "Reservation_signalId_idx" on "Reservation" ("signalId") where "signalId" is not null;

-- reserve_budget for a signal: at its requirement's level if it has one, its project's and the organization's, in the
-- same order, or nothing. There is no lease: one job judges a signal, and what it leaves open is settled in full.
create function reserve_signal_budget(
  signal uuid, micro bigint, tokens bigint, ms bigint, price text, scripted boolean
) returns table (outcome text, "budgetId" uuid, reservation uuid) language plpgsql as $$
declare
  found_signal record;
  wall uuid;
  refused text;
  level_name text;
  owner uuid;
  money bigint := coalesce(micro, 0);
  unpriced boolean := micro is null and not scripted;
  made uuid;
begin
  select s."organizationId", s."projectId", s."requirementId" into strict found_signal from "Signal" s where s.id = signal;
  begin
    foreach level_name in array array['requirement', 'project', 'organization'] loop
      owner := case level_name
        when 'requirement' then found_signal."requirementId"
        when 'project' then found_signal."projectId" else found_signal."organizationId" end;
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
          values (gen_random_uuid(), found_signal."organizationId", level_name, owner)
          on conflict (level, "ownerId") do nothing;
      end loop;
    end loop;
    insert into "Reservation" (
      "organizationId", "projectId", "requirementId", "signalId", lease, turn, "try", "microUsd", tokens, ms, "priceId")
    values (
      found_signal."organizationId", found_signal."projectId", found_signal."requirementId", signal, 0, 1, 1,
      micro, tokens, ms, price)
    returning id into made;
  exception when sqlstate 'BW001' then
    return query select refused, wall, null::uuid;
    return;
  end;
  return query select 'reserved', null::uuid, made;
end
$$;
