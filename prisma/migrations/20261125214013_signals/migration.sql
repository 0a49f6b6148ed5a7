-- What a signal is about, how it was judged, who got it, what was done with it, and what people said of that.
alter table "Signal"
  add column "status" text not null default 'open',
  add column "size" text not null default 'medium',
  add column "url" text not null default '',
  add column "topic" text not null default '',
  add column "evidence" jsonb not null default '{}',
  add column "external" boolean not null default false,
  add column "depth" integer not null default 0,
  add column "sourceId" uuid,
  add column "classifiedBy" text not null default 'rule',
  add column "ruleId" text not null default '',
  add column "classifiedWhy" text not null default '',
  add column "scripted" boolean not null default false,
  add column "routedTo" text not null default 'nobody',
  add column "routedToId" text,
  add column "routedToName" text not null default '',
  add column "routedWhy" text not null default '',
  add column "action" text not null default 'none',
  add column "actionWhy" text not null default '',
  add column "proposal" jsonb,
  add column "decisionId" uuid,
  add column "madeRequirementId" uuid,
  add column "sentBackTaskId" uuid,
  add column "heldTaskIds" uuid[] not null default '{}',
  add column "groupKey" text not null default '',
  add column "leaderId" uuid,
  add column "groupSize" integer not null default 1,
  add column "round" integer not null default 1,
  add column "firstSeenAt" timestamptz(3) not null default current_timestamp,
  add column "lastSeenAt" timestamptz(3) not null default current_timestamp,
  add column "closedAt" timestamptz(3),
  add column "closedWhy" text not null default '',
  add column "correctedById" text,
  add column "correctedBy" text not null default '',
  add column "correctedAt" timestamptz(3);
update "Signal" set "firstSeenAt" = "createdAt", "lastSeenAt" = "createdAt";
create index "Signal_projectId_status_lastSeenAt_idx" on "Signal" ("projectId", "status", "lastSeenAt");
create index "Signal_projectId_groupKey_lastSeenAt_idx" on "Signal" ("projectId", "groupKey", "lastSeenAt");
create index "Signal_decisionId_idx" on "Signal" ("decisionId");
create index "Signal_madeRequirementId_idx" on "Signal" ("madeRequirementId");

create table "SignalSource" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid not null,
  "kind" text not null,
  "label" text not null,
  "keyHash" text not null,
  "sealedSecret" text not null,
  "mapping" jsonb not null default '{}',
  "ownAccounts" text[] not null default '{}',
  "enabled" boolean not null default true,
  "lastReceivedAt" timestamptz(3),
  "lastOutcome" text not null default '',
  "rotatedAt" timestamptz(3),
  "createdAt" timestamptz(3) not null default current_timestamp,
  "createdById" text,
  constraint "SignalSource_pkey" primary key ("id")
);
create unique index "SignalSource_keyHash_key" on "SignalSource" ("keyHash");
create index "SignalSource_projectId_idx" on "SignalSource" ("projectId");

create table "InboundDelivery" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid not null,
  "sourceId" uuid not null,
  "deliveryId" text not null,
  "event" text not null default '',
  "payload" bytea,
  "bytes" integer not null,
  "status" text not null default 'accepted',
  "outcome" text not null default '',
  "signalId" uuid,
  "receivedAt" timestamptz(3) not null default current_timestamp,
  "processedAt" timestamptz(3),
  constraint "InboundDelivery_pkey" primary key ("id"),
  constraint "InboundDelivery_sourceId_fkey" foreign key ("sourceId") references "SignalSource" ("id") on delete cascade on update cascade
);
create unique index "InboundDelivery_sourceId_deliveryId_key" on "InboundDelivery" ("sourceId", "deliveryId");
create index "InboundDelivery_receivedAt_idx" on "InboundDelivery" ("receivedAt");

-- "Mute such": signals of a topic come in muted until somebody ends it.
create table "SignalMute" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid not null,
  "topic" text not null,
  "title" text not null,
  "createdAt" timestamptz(3) not null default current_timestamp,
  "createdById" text,
  "createdBy" text not null default '',
  "endedAt" timestamptz(3),
  constraint "SignalMute_pkey" primary key ("id")
);
create unique index "SignalMute_projectId_topic_key" on "SignalMute" ("projectId", "topic");

-- How often people found a rule right and wrong.
create table "SignalRuleCount" (
  "organizationId" uuid not null,
  "ruleId" text not null,
  "right" integer not null default 0,
  "wrong" integer not null default 0,
  "updatedAt" timestamptz(3) not null default current_timestamp,
  constraint "SignalRuleCount_pkey" primary key ("organizationId", "ruleId")
);

-- What somebody corrected once counts for the same topic from then on.
create table "SignalLesson" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid not null,
  "topic" text not null,
  "kind" text not null,
  "urgency" text not null,
  "impact" text not null,
  "routedTo" text not null default '',
  "by" text not null default '',
  "updatedAt" timestamptz(3) not null default current_timestamp,
  constraint "SignalLesson_pkey" primary key ("id")
);
create unique index "SignalLesson_projectId_topic_key" on "SignalLesson" ("projectId", "topic");

create table "SignalPolicy" (
  "projectId" uuid not null,
  "organizationId" uuid not null,
  "external" text not null default 'ask',
  "internal" text not null default 'ask',
  "holdWork" boolean not null default true,
  "agentCallsPerDay" integer not null default 20,
  "updatedAt" timestamptz(3) not null default current_timestamp,
  constraint "SignalPolicy_pkey" primary key ("projectId")
);

-- What the last upload of a tool found, to tell new findings from known ones.
create table "SignalFinding" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid not null,
  "sourceId" uuid not null,
  "tool" text not null,
  "key" text not null,
  "ruleId" text not null,
  "level" text not null,
  "message" text not null,
  "path" text not null default '',
  "line" integer,
  "state" text not null default 'new',
  "firstSeenAt" timestamptz(3) not null default current_timestamp,
  "lastSeenAt" timestamptz(3) not null default current_timestamp,
  constraint "SignalFinding_pkey" primary key ("id"),
  constraint "SignalFinding_sourceId_fkey" foreign key ("sourceId") references "SignalSource" ("id") on delete cascade on update cascade
);
create unique index "SignalFinding_sourceId_tool_key_key" on "SignalFinding" ("sourceId", "tool", "key");

create table "SignalAgentCall" (
  "projectId" uuid not null,
  "day" date not null,
  "organizationId" uuid not null,
  "calls" integer not null default 0,
  constraint "SignalAgentCall_pkey" primary key ("projectId", "day")
);
