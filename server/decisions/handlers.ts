import { systemScope } from '#server/auth/gate'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { answerLocked } from './commands'
import { decisionEvent, keepRecord, lockDecision } from './repository'

/** Decisions settled in one turn; the rest follows a second later. */
const AT_ONCE = 100

interface Due {
  id: string
  organizationId: string
}

/**
 * What time does to decisions, by the database's clock: defaults are taken, questions nothing waits for expire, what
 * is about something that has ended is withdrawn, as is what a run asked that has ended and a question about a budget that
 * no run waits at any more, and withdrawals made by other rooms are told. One failing row does not keep the others waiting.
 */
export async function settleDecisions(): Promise<number> {
  const due = await database().$queryRaw<Due[]>`
    select id, "organizationId" from "Decision"
    where status = 'open' and "heldAt" is null and "deadline" <= clock_timestamp()
    order by "deadline" limit ${AT_ONCE}`
  const over = await database().$queryRaw<Due[]>`
    select "Decision".id, "Decision"."organizationId" from "Decision"
    left join "Requirement" on "Requirement".id = "Decision"."requirementId"
    left join "Task" on "Task".id = "Decision"."taskId"
    left join "Run" as asker on asker.id = "Decision"."runId" and "Decision".kind in ('agent_question', 'risky_call')
    where "Decision".status = 'open' and (
      "Requirement".status in ('done', 'partly_done', 'failed', 'cancelled')
      or "Task".status in ('done', 'failed', 'cancelled')
      or ("Decision"."taskId" is not null and "Task".id is null)
      or asker.status in ('finished', 'failed', 'cancelled')
      or ("Decision".kind = 'budget_wall' and not exists (
        select from "Run" where "Run"."waitsFor" = "Decision".id and "Run".status = 'asking')))
    limit ${AT_ONCE}`
  const untold = await database().$queryRaw<Due[]>`
    select id, "organizationId" from "Decision" where status = 'withdrawn' and not "withdrawalTold" limit ${AT_ONCE}`
  const work = [
    ...due.map((row) => takeDefault(row)),
    ...over.map((row) => withdraw(row, 'What it was about has ended.')),
    ...untold.map((row) => withdraw(row, '')),
  ]
  const outcomes = await Promise.allSettled(work)
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return work.length
}

/** Takes the default, or lets the question expire; looked at again under the lock, because people may be faster. */
async function takeDefault({ id, organizationId }: Due): Promise<void> {
  const scope = systemScope(organizationId)
  await transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, id)
    const now = await databaseNow(tx)
    if (decision.status !== 'open' || decision.heldAt || !decision.deadline || decision.deadline > now) return
    if (decision.defaultOption) {
      const comment = 'Nobody answered in time, so the default counts.'
      await answerLocked(tx, scope, decision, { option: decision.defaultOption, comment, via: 'default' })
      return
    }
    if ((decision.requirementId && decision.kind !== 'signal') || (await isWaitedFor(tx, decision))) {
      // Work waits for it: it can't expire, so it is only brought up again.
      await tx.decision.update({ where: { id }, data: { deadline: null } })
      return
    }
    const expired = await tx.decision.update({ where: { id }, data: { status: 'expired' } })
    await keepRecord(tx, scope, expired, 'expired')
    await append(tx, scope, [decisionEvent(expired, 'decision.expired')])
  })
}

/** Whether tasks are held for it, since it was raised perhaps. */
async function isWaitedFor(tx: Transaction, { id, organizationId }: Decision): Promise<boolean> {
  const held = { organizationId, nextActorId: id, status: { notIn: ['done', 'failed', 'cancelled'] } }
  return (await tx.task.count({ where: held })) > 0
}

async function withdraw({ id, organizationId }: Due, why: string): Promise<void> {
  const scope = systemScope(organizationId)
  await transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, id)
    const isUntold = decision.status === 'withdrawn' && !decision.withdrawalTold
    if (decision.status !== 'open' && !isUntold) return
    const reason = decision.comment || why || 'What it was about has ended.'
    const withdrawn = await tx.decision.update({
      where: { id },
      data: { status: 'withdrawn', comment: reason, withdrawalTold: true },
    })
    await keepRecord(tx, scope, withdrawn, 'withdrawn', { reason })
    await append(tx, scope, [decisionEvent(withdrawn, 'decision.withdrawn', { reason })])
  })
}
