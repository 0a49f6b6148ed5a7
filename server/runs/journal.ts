import { connectorNameSchema } from '#server/agents/model'
import type { StopReason, TurnResult } from '#server/agents/ports'
import type { Scope } from '#server/auth/model'
import { cleanJson, cleanText } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import type { Prisma, Run } from '#server/platform/database/generated/client'
import { reader, type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { RunError } from './errors'
import { isEnded, type RunStatus } from './model'
import type { RunPrompt, StoredTurn } from './rules/transcript'

/** The right to write for a run: the run's row must still carry this lease number. */
export interface Lease {
  runId: string
  number: number
}

/**
 * Refuses the writes of a worker that was frozen and came back, or whose run was cancelled: each (re)start and each
 * cancellation raises the number. Locks the row until the transaction ends.
 */
async function holdLease(tx: Transaction, lease: Lease): Promise<void> {
  const rows = await tx.$queryRaw<{ lease: number; status: string }[]>`
    select lease, status from "Run" where id = ${lease.runId}::uuid for update`
  const row = rows[0]
  if (row?.lease === lease.number) return
  throw new RunError(
    row?.status === 'cancelled'
      ? { code: 'run-cancelled', kind: 'conflict', message: 'The run was cancelled.' }
      : { code: 'lease-lost', kind: 'conflict', message: 'Another worker has taken this run over.' },
  )
}

/** Takes a run for this worker. Null when it has ended or waits for a person: then there is nothing to do. */
export async function claimRun(
  scope: Scope,
  runId: string,
  worker: string,
): Promise<{ run: Run; lease: Lease } | null> {
  return transaction(async (tx) => {
    await tx.$queryRaw`select id from "Run" where id = ${runId}::uuid for update`
    const found = await tx.run.findFirst({ where: { id: runId, organizationId: scope.organizationId } })
    if (!found || isEnded(found.status as RunStatus) || found.status === 'asking') return null
    const first = found.startedAt === null
    const run = await tx.run.update({
      where: { id: runId },
      data: { status: 'running', worker, lease: { increment: 1 }, startedAt: found.startedAt ?? new Date() },
    })
    if (first) {
      await append(tx, scope, [
        runEvent(run, 'run.started', {
          purpose: run.purpose,
          attempt: run.attempt,
          scripted: run.providerMode === 'scripted',
        }),
      ])
    }
    return { run, lease: { runId, number: run.lease } }
  })
}

export function runEvent(
  run: Pick<Run, 'id' | 'projectId' | 'requirementId' | 'taskId'>,
  type: string,
  payload: unknown,
): EventDraft {
  return {
    type,
    payload,
    projectId: run.projectId,
    requirementId: run.requirementId,
    taskId: run.taskId ?? undefined,
    runId: run.id,
  }
}

/** Everything the run has journalled, in order. */
export async function loadTurns(runId: string): Promise<StoredTurn[]> {
  const rows = await reader().turn.findMany({
    where: { runId },
    orderBy: { number: 'asc' },
    include: { toolCalls: { orderBy: { position: 'asc' } } },
  })
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    connector: connectorNameSchema.parse(row.provider),
    model: row.model,
    content: row.content,
    text: row.text,
    stop: row.stop as StopReason,
    calls: row.toolCalls.map((call) => {
      const { malformed, value } = call.input as { malformed?: string; value: unknown }
      return {
        id: call.id,
        position: call.position,
        callId: call.callId,
        name: call.name,
        input: value,
        ...(malformed === undefined ? {} : { malformed }),
        state: call.state,
        output: call.output,
        isError: call.isError,
        decisionId: call.decisionId,
      }
    }),
  }))
}

export async function countTurns(runId: string): Promise<number> {
  return reader().turn.count({ where: { runId } })
}

/** Stores the completed prompt; only before the first turn, because turns are answers to it. */
export async function storePrompt(lease: Lease, prompt: RunPrompt): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    await tx.run.update({ where: { id: lease.runId }, data: { prompt: cleanJson(prompt) as Prisma.InputJsonValue } })
  })
}

export interface TurnFacts {
  number: number
  requestHash: string
  startedAt: Date
  tries: number
  costMicroUsd: number | null
  priceId: string | null
}

/** Stores a finished turn with its tool calls, before any of them runs. From here on it is never requested again. */
export async function storeTurn(lease: Lease, turn: TurnResult, facts: TurnFacts): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    await tx.turn.create({
      data: {
        runId: lease.runId,
        ...facts,
        provider: turn.connector,
        model: turn.model,
        requestId: turn.requestId,
        responseId: turn.responseId,
        stop: turn.stop,
        content: cleanJson(turn.content) as Prisma.InputJsonValue,
        text: cleanText(turn.text),
        inputTokens: turn.usage.input,
        cacheReadTokens: turn.usage.cacheRead,
        cacheWriteTokens: turn.usage.cacheWrite,
        outputTokens: turn.usage.output,
        estimated: turn.usage.estimated,
        toolCalls: {
          create: turn.calls.map((call, position) => ({
            runId: lease.runId,
            position,
            callId: cleanText(call.callId),
            name: cleanText(call.name),
            input: cleanJson({ value: call.input ?? null, malformed: call.malformed }) as Prisma.InputJsonValue,
          })),
        },
      },
    })
  })
}

/** Notes that a call begins, so that whoever takes over knows that it may have had an effect. */
export async function startCall(lease: Lease, callId: string): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    await tx.toolCall.update({ where: { id: callId }, data: { state: 'running', startedAt: new Date() } })
  })
}

export async function finishCall(
  lease: Lease,
  callId: string,
  result: { state: 'done' | 'failed' | 'unknown'; output: string; isError: boolean },
): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    await tx.toolCall.update({
      where: { id: callId },
      data: { ...result, output: cleanText(result.output), endedAt: new Date() },
    })
  })
}

/** Lays the run aside until a person has answered. No job is held meanwhile. */
export async function layAside(
  scope: Scope,
  lease: Lease,
  run: Run,
  callId: string,
  decisionId: string,
): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    const decision = await tx.decision.findUniqueOrThrow({ where: { id: decisionId } })
    await tx.toolCall.update({ where: { id: callId }, data: { state: 'asking', decisionId } })
    await tx.run.update({ where: { id: run.id }, data: { status: 'asking' } })
    await append(tx, scope, [
      { ...runEvent(run, 'run.asked', { question: decision.question }), decisionId },
      // Whoever answered before the run was laid aside finds it here: the scheduler looks once more.
      ...(decision.status === 'open' ? [] : [runEvent(run, 'run.finished', { purpose: run.purpose, answered: true })]),
    ])
  })
}

/** Writes how a run ended and tells it, if the lease still holds. */
async function endRun(scope: Scope, lease: Lease, data: Prisma.RunUpdateInput, event: EventDraft): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    await tx.run.update({ where: { id: lease.runId }, data: { ...data, endedAt: new Date() } })
    await append(tx, scope, [event])
  })
}

export function finishRun(
  scope: Scope,
  lease: Lease,
  run: Run,
  ending: { result: unknown; baseCommit?: string; commit?: string },
): Promise<void> {
  const result = cleanJson(ending.result ?? null) as Prisma.InputJsonValue
  const event = runEvent(run, 'run.finished', { purpose: run.purpose, attempt: run.attempt })
  return endRun(scope, lease, { ...ending, status: 'finished', result }, event)
}

export function failRun(
  scope: Scope,
  lease: Lease,
  run: Run,
  failure: { code: string; message: string; details?: unknown },
): Promise<void> {
  const { code, message, details } = failure
  const result = details === undefined ? undefined : (cleanJson(details) as Prisma.InputJsonValue)
  const event = runEvent(run, 'run.failed', { purpose: run.purpose, attempt: run.attempt, code, message })
  return endRun(scope, lease, { status: 'failed', errorCode: code, errorMessage: cleanText(message), result }, event)
}
