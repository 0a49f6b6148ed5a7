import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { bestFirst } from './rules/best-first'
import { testNames } from './rules/test-names'

export interface CheckView {
  id: string
  taskId: string
  taskRef: string
  runId: string | null
  /** task: on the task's own commit; merge: on the merged tree */
  phase: string
  attempt: number
  acceptanceId: string
  command: string
  exitCode: number | null
  timedOut: boolean
  durationMs: number
  output: string
  treeHash: string
  commit: string
  passed: boolean
  proves: string[]
  todo: string[]
  createdAt: Date
}

/** One execution that shows a statement, short enough for a table row. */
export interface EvidenceView {
  statementRef: string
  checkId: string
  taskId: string
  taskRef: string
  phase: string
  command: string
  exitCode: number | null
  treeHash: string
  commit: string
  at: Date
  /** Names of the passing tests that are tagged with the statement. */
  tests: string[]
}

/** The executed checks of a task, newest first. Empty for a foreign task. */
export async function taskChecks(scope: Scope, taskId: string): Promise<CheckView[]> {
  const checks = await reader().check.findMany({
    where: { taskId, organizationId: scope.organizationId },
    include: { task: { select: { ref: true } } },
    orderBy: [{ createdAt: 'desc' }, { acceptanceId: 'asc' }],
  })
  return checks.map(({ organizationId: _organization, task, ...check }) => ({ ...check, taskRef: task.ref }))
}

/** The passing execution that speaks best for each statement of a requirement. */
export async function statementEvidence(scope: Scope, requirementId: string): Promise<EvidenceView[]> {
  const checks = await reader().check.findMany({
    where: { organizationId: scope.organizationId, passed: true, task: { requirementId } },
    include: { task: { select: { ref: true, position: true } } },
  })
  const evidence = new Map<string, EvidenceView>()
  for (const check of bestFirst(checks)) {
    for (const statementRef of check.proves) {
      if (evidence.has(statementRef)) continue
      evidence.set(statementRef, {
        statementRef,
        checkId: check.id,
        taskId: check.taskId,
        taskRef: check.task.ref,
        phase: check.phase,
        command: check.command,
        exitCode: check.exitCode,
        treeHash: check.treeHash,
        commit: check.commit,
        at: check.createdAt,
        tests: testNames(check.output, statementRef),
      })
    }
  }
  return [...evidence.values()]
}
