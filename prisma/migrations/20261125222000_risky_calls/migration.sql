-- Whether agents of a project ask before a risky step: changed pipelines, dependencies, deployment, files they don't own.
alter table "Project" add column "riskyCalls" text not null default 'allow';
