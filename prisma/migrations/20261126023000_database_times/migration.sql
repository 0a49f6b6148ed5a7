-- Times come from the database's clock, and are those of the moment, not of the transaction's start: a transaction that
-- waited for a lock must not write rows that look older than those written meanwhile. The client fills in nothing.
alter table "Agent" alter column "createdAt" set default clock_timestamp();
alter table "ApiToken" alter column "createdAt" set default clock_timestamp();
alter table "User" alter column "createdAt" set default clock_timestamp();
alter table "SetupLink" alter column "createdAt" set default clock_timestamp();
alter table "SignInAttempt" alter column "updatedAt" set default clock_timestamp();
alter table "Organization" alter column "createdAt" set default clock_timestamp();
alter table "Member" alter column "createdAt" set default clock_timestamp();
alter table "Invite" alter column "createdAt" set default clock_timestamp();
alter table "Budget" alter column "createdAt" set default clock_timestamp();
alter table "Reservation" alter column "createdAt" set default clock_timestamp();
alter table "BudgetWall" alter column "createdAt" set default clock_timestamp();
alter table "ModelPrice" alter column "setAt" set default clock_timestamp();
alter table "ProviderGate" alter column "windowStart" set default clock_timestamp(), alter column "filledAt" set default clock_timestamp();
alter table "Decision" alter column "nextSince" set default clock_timestamp(), alter column "createdAt" set default clock_timestamp();
alter table "DecisionLink" alter column "createdAt" set default clock_timestamp();
alter table "DecisionRecord" alter column "at" set default clock_timestamp();
alter table "PrecedentPolicy" alter column "changedAt" set default clock_timestamp();
alter table "Merge" alter column "nextSince" set default clock_timestamp(), alter column "createdAt" set default clock_timestamp();
alter table "Notification" alter column "createdAt" set default clock_timestamp(), alter column "updatedAt" set default clock_timestamp();
alter table "Delivery" alter column "nextAttemptAt" set default clock_timestamp(), alter column "createdAt" set default clock_timestamp();
alter table "NotificationPreference" alter column "updatedAt" set default clock_timestamp();
alter table "WebhookEndpoint" alter column "createdAt" set default clock_timestamp();
alter table "SlackIntegration" alter column "createdAt" set default clock_timestamp();
alter table "SlackPerson" alter column "createdAt" set default clock_timestamp();
alter table "SlackInteraction" alter column "receivedAt" set default clock_timestamp();
alter table "Event" alter column "at" set default clock_timestamp();
alter table "Project" alter column "createdAt" set default clock_timestamp();
alter table "Check" alter column "createdAt" set default clock_timestamp();
alter table "Requirement" alter column "nextSince" set default clock_timestamp(), alter column "createdAt" set default clock_timestamp();
alter table "Run" alter column "nextSince" set default clock_timestamp(), alter column "createdAt" set default clock_timestamp();
alter table "Turn" alter column "endedAt" set default clock_timestamp();
alter table "RunLog" alter column "at" set default clock_timestamp();
alter table "Credential" alter column "createdAt" set default clock_timestamp();
alter table "Signal" alter column "firstSeenAt" set default clock_timestamp(), alter column "lastSeenAt" set default clock_timestamp(), alter column "createdAt" set default clock_timestamp();
alter table "SignalSource" alter column "createdAt" set default clock_timestamp();
alter table "InboundDelivery" alter column "receivedAt" set default clock_timestamp();
alter table "SignalMute" alter column "createdAt" set default clock_timestamp();
alter table "SignalRuleCount" alter column "updatedAt" set default clock_timestamp();
alter table "SignalLesson" alter column "updatedAt" set default clock_timestamp();
alter table "SignalPolicy" alter column "updatedAt" set default clock_timestamp();
alter table "SignalFinding" alter column "firstSeenAt" set default clock_timestamp(), alter column "lastSeenAt" set default clock_timestamp();
alter table "Plan" alter column "createdAt" set default clock_timestamp();
alter table "Task" alter column "nextSince" set default clock_timestamp(), alter column "createdAt" set default clock_timestamp();
alter table "PlanChange" alter column "at" set default clock_timestamp();

-- When a run, a merge or a requirement ends is written by the database, whoever ends it and wherever.
create function keep_end() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'Requirement' then
    new."closedAt" := clock_timestamp();
  else
    new."endedAt" := clock_timestamp();
  end if;
  return new;
end
$$;
create trigger "Run_end" before update of "status" on "Run" for each row
  when (new.status in ('finished', 'failed', 'cancelled') and old.status not in ('finished', 'failed', 'cancelled'))
  execute function keep_end();
create trigger "Merge_end" before update of "status" on "Merge" for each row
  when (old.status = 'queued' and new.status <> 'queued')
  execute function keep_end();
create trigger "Requirement_end" before update of "status" on "Requirement" for each row
  when (new.status in ('done', 'partly_done', 'failed', 'cancelled')
    and old.status not in ('done', 'partly_done', 'failed', 'cancelled'))
  execute function keep_end();
