import type { Scope } from '#server/auth/model'
import { raiseDecision } from '#server/decisions/commands'
import { type Risk, riskOf } from '#server/decisions/rules/risky-call'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision, Run } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { matchesGlobs } from '#server/workspaces/rules/paths'
import type { StoredCall } from './rules/transcript'

/** Hours after which an unanswered risky step is refused, and the agent goes on without it. */
const REFUSE_AFTER_HOURS = 4

/**
 * The decision a risky call waits for, or null when it may be made: the project does not ask, the call is not risky,
 * or a person has allowed this very call. Asked twice it is the same decision.
 */
export async function askedFirst(scope: Scope, run: Run, call: StoredCall): Promise<string | null> {
  // A call that was asked about comes back as pending only when it was allowed.
  if (run.purpose !== 'implement' || run.taskId === null || call.decisionId !== null) return null
  const project = await database().project.findUniqueOrThrow({
    where: { id: run.projectId },
    select: { riskyCalls: true },
  })
  if (project.riskyCalls !== 'ask') return null
  const task = await database().task.findUniqueOrThrow({ where: { id: run.taskId } })
  const risk = riskOf(call.name, call.input, task.owns.length > 0 ? (path) => matchesGlobs(path, task.owns) : null)
  if (!risk) return null
  const { id } = await raiseDecision(scope, question(run, call, { ref: task.ref, title: task.title }, risk))
  return id
}

function question(run: Run, call: StoredCall, task: { ref: string; title: string }, risk: Risk) {
  return {
    projectId: run.projectId,
    requirementId: run.requirementId,
    taskId: run.taskId ?? undefined,
    runId: run.id,
    kind: 'risky_call' as const,
    question: `May the agent of ${task.ref} "${task.title}" ${risk.would}?`,
    why: `This project asks before such steps. The agent waits; its call, as it was written:\n\n${JSON.stringify(call.input).slice(0, 1_500)}`,
    options: [
      {
        id: 'allow',
        label: 'Allow this one',
        consequence: 'The call is made in the sandbox; what it leads to is checked and reviewed as always.',
        reversible: true,
      },
      {
        id: 'refuse',
        label: 'Refuse it',
        consequence: 'The agent is told so, with your comment, and finds another way or says that it can not.',
        reversible: true,
      },
    ],
    recommended: 'refuse',
    recommendedWhy: 'Nobody asked for this step in the requirement; refusing costs the agent one turn.',
    defaultOption: 'refuse',
    defaultAfterMs: REFUSE_AFTER_HOURS * 3600_000,
    dedupeKey: `risk:${call.id}`,
    resumes: 'The agent goes on at once, with or without the step.',
    features: { mark: risk.kind },
  }
}

/** What a person said becomes the call's fate: it is made when the run goes on, or it has failed with the reason. */
export async function settleRiskyCall(tx: Transaction, decision: Decision): Promise<void> {
  const where = { decisionId: decision.id, state: 'asking' }
  if (decision.answer === 'allow') {
    await tx.toolCall.updateMany({ where, data: { state: 'pending' } })
    return
  }
  const who = decision.answeredVia === 'default' ? 'Nobody allowed it in time' : `${decision.answeredBy} refused it`
  const output = `Not run: ${who}.${decision.comment ? ` ${decision.comment}` : ''} Find another way, or ask.`
  const endedAt = await databaseNow(tx)
  await tx.toolCall.updateMany({ where, data: { state: 'failed', output, isError: true, endedAt } })
}
