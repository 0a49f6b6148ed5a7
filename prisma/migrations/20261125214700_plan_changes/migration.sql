-- What people changed in a requirement or its plan: who, when, what, and what it takes to undo or to finish it.
create table "PlanChange" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid not null,
  "requirementId" uuid not null,
  "number" integer not null,
  "kind" text not null,
  "summary" text not null,
  "reason" text not null default '',
  "fromRevision" integer,
  "revision" integer,
  "byKind" text not null,
  "byId" text,
  "byName" text not null,
  "diff" jsonb not null default '[]',
  "effects" jsonb not null default '{}',
  "touched" jsonb not null default '{}',
  "state" text not null default 'open',
  "finalAt" timestamptz(3) not null,
  "at" timestamptz(3) not null default current_timestamp,
  "settledAt" timestamptz(3),
  constraint "PlanChange_pkey" primary key ("id"),
  constraint "PlanChange_requirementId_fkey" foreign key ("requirementId") references "Requirement" ("id")
    on delete cascade on update cascade
);
create unique index "PlanChange_requirementId_number_key" on "PlanChange" ("requirementId", "number");
create index "PlanChange_state_finalAt_idx" on "PlanChange" ("state", "finalAt");

-- Laid aside because people paused the requirement or the task, or changed the task: theirs to set going again.
alter table "Run" add column "heldAt" timestamptz(3);
