import { ProviderError } from '#server/agents/errors'
import { ProviderHeld } from '#server/agents/gate'
import { LONGEST_ASKED_MS } from '#server/agents/rules/breaker'
import { LONGEST_WAIT_MS } from '#server/agents/rules/retry'
import type { Scope } from '#server/auth/model'
import { AppError, messageOf } from '#server/kernel/app-error'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import { databaseFailure } from '#server/platform/database/failures'
import type { Run } from '#server/platform/database/generated/client'
import { logger } from '#server/platform/logging/logger'
import { maskSecrets } from '#server/platform/logging/redact'
import { isStopped } from './calls'
import type { Lease } from './lease'
import type { RunLog } from './log'
import type { PinnedAgent } from './rules/pinned'
import { BudgetReached } from './spending'
import { failRun, holdBack, layAsideAtWall } from './states'

/** A run is held back by its provider this long in all; then another agent gets its chance. */
const LONGEST_HELD_MS = 30 * 60_000

interface Ended {
  scope: Scope
  run: Run
  lease: Lease
  agent: PinnedAgent
  log: RunLog
}

/**
 * What becomes of a run whose execution ended with an error. A failure of the run is stored with its reason; at the wall
 * of a budget and while its provider takes no calls it waits and is no failure; a failure of this worker is left to the
 * queue, which tries again.
 */
export async function settleFailure(ended: Ended, error: unknown, stopping: AbortSignal): Promise<void> {
  const { scope, run, lease, agent, log } = ended
  try {
    if (isStopped(error)) throw error
    if (stopping.aborted || (!(error instanceof AppError) && databaseFailure(error))) throw error
    const row = await database().run.findUnique({ where: { id: run.id }, select: { lease: true, status: true } })
    if (row?.lease !== lease.number || row.status !== 'running') {
      log.write('notice', 'Stopped: the run was cancelled or paused, or another worker has taken it over.\n')
      return
    }
    if (error instanceof BudgetReached) {
      const { budgetId, reason, needed } = error
      const scripted = run.providerMode === 'scripted'
      const refused = {
        agent: { id: run.agentId, name: agent.name },
        model: run.model,
        budgetId,
        reason,
        needed,
        scripted,
      }
      log.write('notice', `${await layAsideAtWall(scope, lease, run, refused)}\n`)
      return
    }
    const now = await databaseNow(database())
    const hold = holdOf(error, agent, now)
    if (hold && !heldTooLong(run, now)) {
      log.write('notice', `${hold.reason}\n`)
      await holdBack(scope, lease, run, hold)
      return
    }
    await fail(ended, hold ? new ProviderError('overloaded', `${hold.reason} It was waited for half an hour.`) : error)
  } catch (thrown) {
    if (!isStopped(thrown)) throw thrown
    log.write('notice', `${thrown.message}\n`)
  }
}

function heldTooLong(run: Run, now: Date): boolean {
  return run.heldSince !== null && now.getTime() - run.heldSince.getTime() > LONGEST_HELD_MS
}

/** Until when the run waits for its provider, and why, in words; null when the error is of another kind. */
function holdOf(error: unknown, agent: PinnedAgent, now: Date): { until: Date; reason: string } | null {
  if (error instanceof ProviderHeld) {
    return { until: error.until, reason: waitsUntil(agent.provider, error.until, error.reason) }
  }
  const asked = error instanceof ProviderError && error.retryable ? (error.retryAfterMs ?? 0) : 0
  if (asked <= LONGEST_WAIT_MS) return null
  const until = new Date(now.getTime() + Math.min(asked, LONGEST_ASKED_MS))
  return { until, reason: waitsUntil(agent.provider, until, 'it asked to wait') }
}

function waitsUntil(provider: string, until: Date, reason: string): string {
  return `Waits for ${provider} until ${until.toISOString().slice(11, 16)} UTC${reason ? `: ${reason}` : ''}.`
}

async function fail({ scope, run, lease, log }: Ended, error: unknown): Promise<void> {
  const known = error instanceof AppError
  if (!known) logger().error({ err: error, runId: run.id }, 'a run failed for a reason we did not foresee')
  const code = known ? error.code : 'internal'
  const words = known
    ? error.message
    : `Orchestrator itself failed: ${messageOf(error)}. The run was stopped; its work so far is kept.`
  // From here it goes into the log of events, the task's page, questions and messages.
  const message = maskSecrets(words)
  log.write('error', `${message}\n`)
  await failRun(scope, lease, run, { code, message, details: known ? error.details : undefined })
}
