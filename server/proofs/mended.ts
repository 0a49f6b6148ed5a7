import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { wakeRequirements } from '#server/requirements/commands'
import { sandboxRunner } from '#server/sandbox/registry'

const WHY = 'The sandbox works again: Orchestrator goes on by itself.'
/**
 * Seconds that a question stands at least, by how often its task asked before: at once the first time. Where some
 * machines have a sandbox and others none, the next worker may miss it again, and people must not be asked every time.
 */
const PATIENCE_SECONDS = [0, 60, 600, 3600]

interface Due {
  id: string
  organizationId: string
  requirementId: string
}

/**
 * Periodic: withdraws the questions what to do without a sandbox once this worker has one, and has their tasks looked
 * at, which go on with their proofs. Merges and verifications ask no question: the queue tries them again every minute.
 * @returns how many questions
 */
export async function goOnWithSandbox(): Promise<number> {
  const due = await database().$queryRaw<Due[]>`
    select d.id, d."organizationId", d."requirementId" from "Decision" d
    cross join lateral (
      select count(*)::int as times from "Decision" earlier
      where earlier."taskId" = d."taskId" and earlier.kind = d.kind and earlier."createdAt" < d."createdAt") before
    where d.status = 'open' and d.kind = 'sandbox_missing' and d."requirementId" is not null
      and d."createdAt" <= clock_timestamp() - make_interval(secs =>
        (${PATIENCE_SECONDS}::int[])[least(before.times + 1, ${PATIENCE_SECONDS.length})])
    order by d."createdAt" limit 1000`
  if (due.length === 0 || !(await hasSandbox())) return 0
  const questions = new Map(due.map((row) => [row.id, row]))
  return transaction(async (tx) => {
    // Whoever answers at this moment wins. That it was withdrawn is told by the room of decisions.
    const withdrawn = await tx.decision.updateManyAndReturn({
      where: { id: { in: [...questions.keys()] }, status: 'open' },
      data: { status: 'withdrawn', comment: WHY },
      select: { id: true },
    })
    const rows = withdrawn.flatMap(({ id }) => questions.get(id) ?? [])
    for (const organizationId of new Set(rows.map((row) => row.organizationId))) {
      const mine = rows.filter((row) => row.organizationId === organizationId)
      await wakeRequirements(tx, organizationId, [...new Set(mine.map(({ requirementId }) => requirementId))])
    }
    return withdrawn.length
  })
}

async function hasSandbox(): Promise<boolean> {
  return sandboxRunner().then(
    () => true,
    () => false,
  )
}
