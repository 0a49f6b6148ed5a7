-- What people are told, by which channel, and how each of them wants it; webhooks and Slack.
create table "Notification" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "userId" uuid not null,
  "projectId" uuid,
  "requirementId" uuid,
  "taskId" uuid,
  "decisionId" uuid,
  "topic" text not null,
  "urgency" text not null,
  "title" text not null,
  "body" text not null default '',
  "path" text not null,
  "groupKey" text not null,
  "count" integer not null default 1,
  "items" jsonb not null default '[]',
  "status" text not null default 'open',
  "outcome" text not null default '',
  "readAt" timestamptz(3),
  "settledAt" timestamptz(3),
  "createdAt" timestamptz(3) not null default current_timestamp,
  "updatedAt" timestamptz(3) not null default current_timestamp,
  constraint "Notification_pkey" primary key ("id")
);
create index "Notification_organizationId_userId_createdAt_idx" on "Notification" ("organizationId", "userId", "createdAt");
create index "Notification_organizationId_decisionId_idx" on "Notification" ("organizationId", "decisionId");
create index "Notification_organizationId_userId_groupKey_idx" on "Notification" ("organizationId", "userId", "groupKey");

create table "Delivery" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid,
  "channel" text not null,
  "kind" text not null,
  "notificationId" uuid,
  "userId" uuid,
  "decisionId" uuid,
  "integrationId" uuid,
  "endpointId" uuid,
  "topic" text not null default '',
  "groupKey" text not null default '',
  "recipient" text not null,
  "idempotencyKey" text not null,
  "payload" jsonb not null,
  "rendered" jsonb,
  "sealedLinks" text,
  "status" text not null default 'waiting',
  "reason" text not null default '',
  "attempts" integer not null default 0,
  "nextAttemptAt" timestamptz(3) not null default current_timestamp,
  "claimedAt" timestamptz(3),
  "lastError" text not null default '',
  "externalId" text,
  "answerStatus" integer,
  "answer" text,
  "durationMs" integer,
  "createdAt" timestamptz(3) not null default current_timestamp,
  "sentAt" timestamptz(3),
  constraint "Delivery_pkey" primary key ("id")
);
create unique index "Delivery_idempotencyKey_key" on "Delivery" ("idempotencyKey");
create index "Delivery_status_nextAttemptAt_idx" on "Delivery" ("status", "nextAttemptAt");
create index "Delivery_organizationId_createdAt_idx" on "Delivery" ("organizationId", "createdAt");
create index "Delivery_endpointId_createdAt_idx" on "Delivery" ("endpointId", "createdAt");
create index "Delivery_decisionId_idx" on "Delivery" ("decisionId");
create index "Delivery_notificationId_idx" on "Delivery" ("notificationId");
create index "Delivery_organizationId_userId_channel_createdAt_idx" on "Delivery" ("organizationId", "userId", "channel", "createdAt");

create table "NotificationPreference" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "userId" uuid not null,
  "place" text not null default 'all',
  "matrix" jsonb not null default '{}',
  "quietHours" jsonb,
  "timeZone" text not null default 'UTC',
  "digest" text not null default 'none',
  "digestAt" text not null default '08:00',
  "updatedAt" timestamptz(3) not null default current_timestamp,
  constraint "NotificationPreference_pkey" primary key ("id")
);
create unique index "NotificationPreference_organizationId_userId_place_key" on "NotificationPreference" ("organizationId", "userId", "place");

create table "WebhookEndpoint" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid,
  "name" text not null,
  "url" text not null,
  "sealedSecret" text not null,
  "sealedPreviousSecret" text,
  "previousUntil" timestamptz(3),
  "events" text[],
  "cursor" bigint not null,
  "status" text not null default 'active',
  "failingSince" timestamptz(3),
  "disabledReason" text not null default '',
  "lastSentAt" timestamptz(3),
  "busyUntil" timestamptz(3),
  "createdById" uuid,
  "createdAt" timestamptz(3) not null default current_timestamp,
  constraint "WebhookEndpoint_pkey" primary key ("id")
);
create index "WebhookEndpoint_organizationId_idx" on "WebhookEndpoint" ("organizationId");
create index "WebhookEndpoint_status_idx" on "WebhookEndpoint" ("status");

create table "SlackIntegration" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "projectId" uuid,
  "name" text not null,
  "mode" text not null,
  "sealedAccess" text not null,
  "sealedSigningSecret" text,
  "lastFour" text not null,
  "slackChannel" text not null default '',
  "slackTeamId" text not null default '',
  "topics" text[],
  "status" text not null default 'active',
  "disabledReason" text not null default '',
  "createdById" uuid,
  "createdAt" timestamptz(3) not null default current_timestamp,
  constraint "SlackIntegration_pkey" primary key ("id")
);
create index "SlackIntegration_organizationId_idx" on "SlackIntegration" ("organizationId");
create index "SlackIntegration_slackTeamId_idx" on "SlackIntegration" ("slackTeamId");

create table "SlackPerson" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "slackTeamId" text not null,
  "slackUserId" text not null,
  "userId" uuid not null,
  "createdAt" timestamptz(3) not null default current_timestamp,
  constraint "SlackPerson_pkey" primary key ("id")
);
create unique index "SlackPerson_organizationId_slackTeamId_slackUserId_key" on "SlackPerson" ("organizationId", "slackTeamId", "slackUserId");
create index "SlackPerson_organizationId_userId_idx" on "SlackPerson" ("organizationId", "userId");

create table "SlackInteraction" (
  "id" uuid not null,
  "organizationId" uuid not null,
  "integrationId" uuid not null,
  "signature" text not null,
  "payload" jsonb not null,
  "status" text not null default 'waiting',
  "outcome" text not null default '',
  "receivedAt" timestamptz(3) not null default current_timestamp,
  constraint "SlackInteraction_pkey" primary key ("id")
);
create unique index "SlackInteraction_signature_key" on "SlackInteraction" ("signature");
create index "SlackInteraction_receivedAt_idx" on "SlackInteraction" ("receivedAt");
