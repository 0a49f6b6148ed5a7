-- A decision in full: what it blocks, who may answer, when the answer takes effect, and what similar cases ended with.
alter table "Decision"
  add column "version" integer not null default 1,
  add column "blocks" jsonb not null default '{}',
  add column "answerRole" text not null default 'member',
  add column "answererIds" uuid[] not null default '{}',
  add column "assigneeId" uuid,
  add column "assigneeName" text not null default '',
  add column "resumes" text not null default '',
  add column "features" jsonb not null default '{}',
  add column "prediction" jsonb,
  add column "answeredVia" text not null default '',
  add column "effectiveAt" timestamptz(3),
  add column "undoUntil" timestamptz(3),
  add column "heldAt" timestamptz(3),
  add column "heldBy" text not null default '',
  add column "withdrawalTold" boolean not null default false;

update "Decision" set "answeredVia" = 'page', "effectiveAt" = "answeredAt", "undoUntil" = "answeredAt" where status = 'answered';
update "Decision" set "withdrawalTold" = true where status = 'withdrawn';

create index "Decision_deadline_idx" on "Decision" ("deadline") where status = 'open' and "deadline" is not null;
create index "Decision_untold_idx" on "Decision" (id) where status = 'withdrawn' and not "withdrawalTold";
create index "Decision_history_idx" on "Decision" ("organizationId", kind, "answeredAt") where status = 'answered';

create table "DecisionSnooze" (
  "decisionId" uuid not null,
  "userId" uuid not null,
  "until" timestamptz(3) not null,
  constraint "DecisionSnooze_pkey" primary key ("decisionId", "userId"),
  constraint "DecisionSnooze_decisionId_fkey" foreign key ("decisionId") references "Decision" (id) on delete cascade on update cascade
);

-- A link by which one person answers one decision as it was when the link was made. Only the token's hash is stored.
create table "DecisionLink" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "decisionId" uuid not null,
  "userId" uuid not null,
  "version" integer not null,
  "tokenHash" text not null,
  "channel" text not null,
  "createdAt" timestamptz(3) not null default current_timestamp,
  "expiresAt" timestamptz(3) not null,
  "usedAt" timestamptz(3),
  "revokedAt" timestamptz(3),
  constraint "DecisionLink_pkey" primary key ("id"),
  constraint "DecisionLink_decisionId_fkey" foreign key ("decisionId") references "Decision" (id) on delete cascade on update cascade
);
create unique index "DecisionLink_tokenHash_key" on "DecisionLink" ("tokenHash");
create index "DecisionLink_decisionId_idx" on "DecisionLink" ("decisionId");

-- What was known when a decision was raised, answered, taken back …: written once, never changed.
create table "DecisionRecord" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "decisionId" uuid not null,
  "kind" text not null,
  "actor" jsonb not null,
  "content" jsonb not null,
  "at" timestamptz(3) not null default clock_timestamp(),
  constraint "DecisionRecord_pkey" primary key ("id")
);
create index "DecisionRecord_decisionId_at_idx" on "DecisionRecord" ("decisionId", "at");
create index "DecisionRecord_organizationId_kind_idx" on "DecisionRecord" ("organizationId", "kind");

create function refuse_change_of_record() returns trigger language plpgsql as $$
begin
  raise exception 'decision records are append-only: % is refused', lower(tg_op);
end
$$;
create trigger "DecisionRecord_append_only" before update or delete on "DecisionRecord"
  for each row execute function refuse_change_of_record();
create trigger "DecisionRecord_no_truncate" before truncate on "DecisionRecord"
  for each statement execute function refuse_change_of_record();

-- What precedents may do for one kind of question: off, propose, or answer by themselves.
create table "PrecedentPolicy" (
  "organizationId" uuid not null,
  "kind" text not null,
  "mode" text not null default 'propose',
  "threshold" double precision not null default 0.9,
  "backtest" jsonb,
  "backtestAt" timestamptz(3),
  "changedBy" text not null default '',
  "changedAt" timestamptz(3) not null default current_timestamp,
  "autoSince" timestamptz(3),
  "demotedAt" timestamptz(3),
  "demotedReason" text not null default '',
  constraint "PrecedentPolicy_pkey" primary key ("organizationId", "kind")
);
