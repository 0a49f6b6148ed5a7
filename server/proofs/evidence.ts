import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanText } from '#server/kernel/clean-text'
import { shorten } from '#server/kernel/shorten'
import type { Acceptance } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import type { Task } from '#server/platform/database/generated/client'
import { maskSecrets } from '#server/platform/logging/redact'
import { sandboxRunner } from '#server/sandbox/registry'
import { checkoutClean, treeHash } from '#server/workspaces/git'
import { provenBy } from './rules/test-report'

/** Milliseconds an acceptance command may take. */
const COMMAND_MS = 10 * 60_000
/** Characters of output kept as evidence: the beginning and the end. */
const OUTPUT_KEPT = 60_000

type Phase = 'task' | 'merge' | 'final'

/** The order for a task's own acceptance commands. */
export function orderFor(task: Task, what: Pick<ProofOrder, 'runId' | 'attempt' | 'phase' | 'commit'>): ProofOrder {
  const { organizationId, projectId, id: taskId } = task
  return { organizationId, projectId, taskId, acceptance: task.acceptance as Acceptance[], ...what }
}

export interface ProofOrder {
  organizationId: string
  projectId: string
  taskId: string
  runId: string | null
  attempt: number
  phase: Phase
  commit: string
  acceptance: readonly Acceptance[]
}

/**
 * Executes acceptance commands in a fresh sandbox on a clean checkout of one commit and stores what happened. What an
 * earlier execution of the same order has already stored is not run again, so a crash in the middle costs one command.
 * @returns whether all of them passed
 * @throws AppError sandbox-unavailable when nothing may be executed on this machine
 */
export async function executeProof(
  order: ProofOrder,
  signal: AbortSignal,
): Promise<{ passed: number; failed: number }> {
  if (order.acceptance.length === 0) return { passed: 0, failed: 0 }
  const stored = await database().check.findMany({
    where: { taskId: order.taskId, phase: order.phase, attempt: order.attempt, commit: order.commit },
  })
  const missing = order.acceptance.filter((item) => !stored.some((check) => check.acceptanceId === item.id))
  let passed = stored.filter((check) => check.passed).length
  if (missing.length > 0) {
    const sandbox = await sandboxRunner()
    const tree = await treeHash(order.projectId, order.commit)
    for (const item of missing) {
      // A checkout each: what one command leaves behind must not help the next one to pass.
      const ok = await inCleanCheckout(order, async (directory) => {
        const result = await sandbox.run(
          {
            workspace: directory,
            command: item.command,
            writable: true,
            timeoutMs: COMMAND_MS,
          },
          { signal },
        )
        signal.throwIfAborted()
        await store(order, item, tree, result)
        return result.exitCode === 0
      })
      if (ok) passed += 1
    }
  }
  return { passed, failed: order.acceptance.length - passed }
}

async function inCleanCheckout<T>(order: ProofOrder, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'orchestrator-proof-'))
  try {
    await checkoutClean({ projectId: order.projectId, commit: order.commit, directory })
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function store(
  order: ProofOrder,
  item: Acceptance,
  tree: string,
  result: { exitCode: number | null; timedOut: boolean; durationMs: number; output: string },
): Promise<void> {
  const { proves, todo } = provenBy({ exitCode: result.exitCode, output: result.output, claims: item.proves })
  const key = {
    taskId: order.taskId,
    phase: order.phase,
    attempt: order.attempt,
    acceptanceId: item.id,
    commit: order.commit,
  }
  await database().check.upsert({
    where: { taskId_phase_attempt_acceptanceId_commit: key },
    update: {},
    create: {
      ...key,
      organizationId: order.organizationId,
      runId: order.runId,
      command: item.command,
      exitCode: result.exitCode,
      timedOut: result.timedOut,
      durationMs: Math.round(result.durationMs),
      output: shorten(cleanText(maskSecrets(result.output)), OUTPUT_KEPT),
      treeHash: tree,
      passed: result.exitCode === 0,
      proves,
      todo,
    },
  })
}
