import { systemScope } from '#server/auth/gate'
import type { Actor } from '#server/auth/model'
import { messageOf } from '#server/kernel/app-error'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { PlanChange } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { logger } from '#server/platform/logging/logger'
import { cancelRequirement, lockRequirement } from '#server/requirements/commands'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { recountPlan } from '#server/tasks/commands'
import { loadPlan } from './repository/load'
import { savePlan, waitsForPerson } from './repository/save'
import { equal, settled, type Touched } from './rules/touched'

/** Changes settled in one turn; the next turn follows a second later. */
const AT_ONCE = 100

/** Periodic: makes final what nobody undid in time, by the database's clock. One that fails does not hold up the others. */
export async function settleDueChanges(): Promise<number> {
  const due = await database().$queryRaw<{ id: string }[]>`
    select id from "PlanChange" where state = 'open' and "finalAt" <= now() order by "finalAt" limit ${AT_ONCE}`
  for (const { id } of due) {
    await transaction(async (tx) => {
      const row = await tx.planChange.findUnique({ where: { id } })
      if (!row) return
      await lockRequirement(tx, systemScope(row.organizationId), row.requirementId)
      const present = await tx.planChange.findUnique({ where: { id } })
      if (present?.state === 'open') await settleChange(tx, present)
    }).catch((error) =>
      logger().warn({ err: error, planChange: id }, `a change is made final later: ${messageOf(error)}`),
    )
  }
  return due.length
}

/** What was held back takes effect. The caller holds the requirement's lock and has seen that the change is open. */
export async function settleChange(tx: Transaction, row: PlanChange): Promise<void> {
  const scope = systemScope(row.organizationId, {
    kind: row.byKind as Actor['kind'],
    id: row.byId,
    name: row.byName,
  })
  const touched = row.touched as unknown as Touched
  await tx.planChange.update({
    where: { id: row.id },
    data: { state: 'final', settledAt: await databaseNow(tx), touched: { ended: touched.ended } },
  })
  const { requirementId, projectId } = row
  const requirement = await tx.requirement.findUniqueOrThrow({ where: { id: requirementId } })
  // It ended while the change could be undone: nothing of it moves any more.
  if (isClosed(requirementStatusSchema.parse(requirement.status))) return
  if (row.kind === 'cancel') {
    await cancelRequirement(scope, { requirementId, reason: row.reason || undefined })
    return
  }
  const loaded = await loadPlan(tx, requirement)
  const previous = await tx.plan.findFirst({ where: { requirementId, revision: row.fromRevision ?? -1 } })
  await savePlan(tx, loaded, settled(loaded.state, touched), {
    whilePaused: waitsForPerson(row.byName, row.at.toISOString()),
    leaveTo: previous?.id ?? null,
    why: row.summary,
  })
  if (loaded.plan) await recountPlan(tx, loaded.plan.id)
  if (!touched.tasks.some(({ held, target }) => !equal(held, target))) return
  const payload = { kind: row.kind, number: row.number, summary: row.summary }
  await append(tx, scope, [{ type: 'plan.settled', projectId, requirementId, payload }])
}
