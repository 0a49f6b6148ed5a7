import { database } from '#server/platform/database/client'
import { Prisma } from '#server/platform/database/generated/client'
import { BUDGET_NEAR, BUDGET_ROOM } from '../rules/detect'
import { IS_OVER } from '../rules/recur'

interface UsedBudget {
  organizationId: string
  projectId: string
  requirementId: string | null
  level: string
  ownerId: string
  name: string
  share: number
}

/** Budgets of projects, requirements and tasks; the organization's is told in its first project. */
const usedBudgets = Prisma.sql`(
  select budget."organizationId", budget.level, budget."ownerId",
    coalesce(task."projectId", requirement."projectId", project.id) as "projectId",
    coalesce(task."requirementId", requirement.id) as "requirementId",
    coalesce(task.ref || ' ' || task.title, 'R' || requirement.number || ' ' || requirement.title, project.name) as name,
    coalesce(greatest(
      (budget."spentMicroUsd" + budget."reservedMicroUsd")::float / nullif(budget."limitMicroUsd", 0),
      (budget."spentTokens" + budget."reservedTokens")::float / nullif(budget."limitTokens", 0),
      (budget."spentMs" + budget."reservedMs")::float / nullif(budget."limitMs", 0)), 0) as share
  from "Budget" as budget
    left join "Task" as task on budget.level = 'task' and task.id = budget."ownerId"
    left join "Requirement" as requirement on budget.level = 'requirement' and requirement.id = budget."ownerId"
    left join lateral (
      select id, name from "Project" as project
      where budget.level = 'project' and project.id = budget."ownerId"
        or budget.level = 'organization' and project."organizationId" = budget."ownerId"
      order by project."createdAt" limit 1) as project on true
) as use`

/** The signal of a kind about a budget: one of this name and organization there is. */
const aboutBudget = (told: Prisma.Sql) => Prisma.sql`
  known."organizationId" = use."organizationId"
    and known.fingerprint = use."projectId" || ':budget:' || ${told} || ':' || use.level || ':' || use."ownerId"`
/** Nobody has been told of its end: it is open, or was closed by hand while it held and has not had room since. */
const holds = Prisma.sql`(known.status <> 'closed'
  or (known."closedWhy" not like ${`${IS_OVER}%`} and known."lastSeenAt" <= known."closedAt"))`

/** Budgets near or at their limit of which nobody was told yet. */
export function tightBudgets(limit: number): Promise<UsedBudget[]> {
  const told = Prisma.sql`case when share >= 1 then 'reached' else 'near' end`
  return database().$queryRaw`
    select use.* from ${usedBudgets}
    where share >= ${BUDGET_NEAR}::float and "projectId" is not null
      and not exists (select 1 from "Signal" as known where ${aboutBudget(told)} and ${holds})
    limit ${limit}`
}

/** Budgets of which people were told and that have room again. */
export function roomyBudgets(told: keyof typeof BUDGET_ROOM, limit: number): Promise<UsedBudget[]> {
  return database().$queryRaw`
    select use.* from ${usedBudgets} join "Signal" as known on ${aboutBudget(Prisma.sql`${told}`)}
    where share < ${BUDGET_ROOM[told]}::float and known.status <> 'muted' and ${holds}
    limit ${limit}`
}
