import { connectorNameSchema } from '#server/agents/model'
import type { StopReason, TurnResult } from '#server/agents/ports'
import { cleanJson, cleanText } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import { direct } from '#server/platform/database/direct'
import type { Prisma, Run, ToolCall, Turn } from '#server/platform/database/generated/client'
import { reader, transaction } from '#server/platform/database/transaction'
import { actorMs } from '#server/tasks/rules/next-actor'
import { holdLease, type Lease, leaseRefused } from './lease'
import { journalOf } from './repository'
import type { RunPrompt, StoredCall, StoredTurn } from './rules/transcript'

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
  const rows = await journalOf(reader(), runId)
  return rows.map(toStored)
}

function toStored(row: Turn & { toolCalls: ToolCall[] }): StoredTurn {
  return {
    id: row.id,
    number: row.number,
    connector: connectorNameSchema.parse(row.provider),
    model: row.model,
    content: row.content,
    text: row.text,
    stop: row.stop as StopReason,
    countedInput: row.estimated ? null : row.inputTokens + row.cacheReadTokens + row.cacheWriteTokens,
    workMs: row.endedAt.getTime() - row.startedAt.getTime(),
    calls: row.toolCalls.map(toStoredCall),
  }
}

function toStoredCall(call: ToolCall): StoredCall {
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
    // Waiting for a person is not work.
    workMs: call.startedAt && call.endedAt && !call.decisionId ? call.endedAt.getTime() - call.startedAt.getTime() : 0,
  }
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
  /** milliseconds from the request to its answer */
  tookMs: number
  tries: number
  costMicroUsd: number | null
  priceId: string | null
}

/** Stores a finished turn with its tool calls, before any of them runs. From here on it is never requested again. */
export async function storeTurn(lease: Lease, turn: TurnResult, given: TurnFacts): Promise<StoredTurn> {
  return transaction(async (tx) => {
    // The fence, and a sign of life: the watchdog looks that much later. And the time of the end, of the one clock.
    const [held] = await direct(tx).rows<{ endedAt: Date }>`
      update "Run" set "nextDeadline" = now() + make_interval(secs => ${actorMs.silence / 1000}::double precision)
      where id = ${lease.runId}::uuid and lease = ${lease.number} and status = 'running'
      returning clock_timestamp()::timestamptz(3) as "endedAt"`
    if (!held) return leaseRefused(tx, lease)
    const { endedAt } = held
    const { tookMs, ...facts } = given
    const row = await tx.turn.create({
      data: {
        runId: lease.runId,
        ...facts,
        startedAt: new Date(endedAt.getTime() - tookMs),
        endedAt,
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
      include: { toolCalls: { orderBy: { position: 'asc' } } },
    })
    return toStored(row)
  })
}

/** Notes that a call begins, so that whoever takes over knows that it may have had an effect. */
export function startCall(lease: Lease, callId: string): Promise<void> {
  return changeCall(lease, callId, { state: 'running', output: null, isError: false })
}

export function finishCall(
  lease: Lease,
  callId: string,
  result: { state: 'done' | 'failed' | 'unknown'; output: string; isError: boolean },
): Promise<void> {
  return changeCall(lease, callId, { ...result, output: cleanText(result.output) })
}

/** One statement that locks the run's row, compares the lease, and writes. An output says that the call has ended. */
async function changeCall(
  lease: Lease,
  callId: string,
  { state, output, isError }: { state: string; output: string | null; isError: boolean },
): Promise<void> {
  await transaction(
    async (tx) => {
      const changed = await direct(tx).changed`
        with held as (
          select id from "Run" where id = ${lease.runId}::uuid and lease = ${lease.number} and status = 'running' for update
        )
        update "ToolCall" set state = ${state}, output = ${output}::text, "isError" = ${isError},
          "startedAt" = case when ${output}::text is null then clock_timestamp() else "startedAt" end,
          "endedAt" = case when ${output}::text is null then null else clock_timestamp() end
        from held where "ToolCall".id = ${callId}::uuid and "ToolCall"."runId" = held.id`
      if (changed === 1) return
      await leaseRefused(tx, lease)
    },
    { idempotent: true },
  )
}
