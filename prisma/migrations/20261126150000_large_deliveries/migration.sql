-- A sender waits while its body is stored: compressing 10 MB takes Postgres longer than writing them. Large bodies are
-- forgotten as soon as they are read, so there is nothing to save. What is stored already stays as it is.
alter table "InboundDelivery" alter column "payload" set storage external;
