import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { AppError } from '#server/kernel/app-error'
import { reader } from '#server/platform/database/transaction'
import { type CostTotal, costInWords, type PricedTurn, totalCost } from './rules/cost'

export interface RunView {
  id: string
  purpose: string
  attempt: number
  /** scripted | live */
  providerMode: string
  agentName: string
  connector: string
  model: string
  status: string
  errorCode: string | null
  errorMessage: string
  /** What the run says it ended with, when that is words. */
  summary: string | null
  commit: string | null
  baseCommit: string | null
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  turns: number
  cost: string
}

export interface LogLine {
  sequence: number
  /** text | thinking | tool | output | notice | error */
  kind: string
  text: string
  at: Date
}

export interface LogPage {
  lines: LogLine[]
  /** Where the next read goes on; equal to what was given when nothing is new. */
  lastSequence: number
  /** True when more lines are stored than this page holds. */
  more: boolean
  status: string
}

export interface ToolCallView {
  id: string
  name: string
  input: unknown
  state: string
  output: string | null
  isError: boolean
  decisionId: string | null
  startedAt: Date | null
  endedAt: Date | null
}

export interface TurnView {
  id: string
  number: number
  model: string
  stop: string
  text: string
  tries: number
  estimated: boolean
  inputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  outputTokens: number
  cost: string
  startedAt: Date
  endedAt: Date
  toolCalls: ToolCallView[]
}

export interface AgentCost {
  agentName: string
  model: string
  runs: number
  total: CostTotal
  cost: string
}

export interface RequirementCost {
  total: CostTotal
  cost: string
  agents: AgentCost[]
}

/** Longest output of one tool call a page gets; the whole is kept in the journal. Characters. */
const OUTPUT_SHOWN = 20_000
const LOG_PAGE = 2_000

const turnCost = {
  costMicroUsd: true,
  inputTokens: true,
  cacheReadTokens: true,
  cacheWriteTokens: true,
  outputTokens: true,
} as const

/** The attempts at a task, oldest first. Empty for a foreign task. */
export function taskRuns(scope: Scope, taskId: string): Promise<RunView[]> {
  return runsWhere(scope, { taskId })
}

/** The runs that made a requirement's plans, oldest first. */
export function planningRuns(scope: Scope, requirementId: string): Promise<RunView[]> {
  return runsWhere(scope, { requirementId, taskId: null })
}

async function runsWhere(
  scope: Scope,
  where: { taskId: string } | { requirementId: string; taskId: null },
): Promise<RunView[]> {
  const runs = await reader().run.findMany({
    where: { ...where, organizationId: scope.organizationId },
    omit: { prompt: true },
    include: { turns: { select: turnCost } },
    orderBy: { createdAt: 'asc' },
  })
  const names = await agentNames(
    scope,
    runs.map((run) => run.agentId),
  )
  return runs.map((run) => ({
    id: run.id,
    purpose: run.purpose,
    attempt: run.attempt,
    providerMode: run.providerMode,
    agentName: names.get(run.agentId) ?? 'a removed agent',
    connector: run.connector,
    model: run.model,
    status: run.status,
    errorCode: run.errorCode,
    errorMessage: run.errorMessage,
    summary: resultSummary.parse(run.result),
    commit: run.commit,
    baseCommit: run.baseCommit,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    turns: run.turns.length,
    cost: costInWords(totalCost(priced(run.turns, run.providerMode))),
  }))
}

const resultSummary = z
  .object({ summary: z.string(), verdict: z.string().optional() })
  .transform(({ summary, verdict }) => (verdict ? `${verdict.replaceAll('_', ' ')}: ${summary}` : summary))
  .nullable()
  .catch(null)

/** Up to 2,000 log lines after `afterSequence`, in order. @throws AppError run-not-found */
export async function runLog(scope: Scope, runId: string, afterSequence: number): Promise<LogPage> {
  const run = await ownRun(scope, runId)
  const lines = await reader().runLog.findMany({
    where: { runId, sequence: { gt: afterSequence } },
    select: { sequence: true, kind: true, text: true, at: true },
    orderBy: { sequence: 'asc' },
    take: LOG_PAGE + 1,
  })
  const page = lines.slice(0, LOG_PAGE)
  return {
    lines: page,
    lastSequence: page.at(-1)?.sequence ?? afterSequence,
    more: lines.length > LOG_PAGE,
    status: run.status,
  }
}

/** The journal of a run: its model calls with usage, cost and tool calls, in order. @throws AppError run-not-found */
export async function runTurns(scope: Scope, runId: string): Promise<TurnView[]> {
  const run = await ownRun(scope, runId)
  const turns = await reader().turn.findMany({
    where: { runId },
    omit: { content: true },
    include: { toolCalls: { orderBy: { position: 'asc' } } },
    orderBy: { number: 'asc' },
  })
  return turns.map((turn) => ({
    id: turn.id,
    number: turn.number,
    model: turn.model,
    stop: turn.stop,
    text: turn.text,
    tries: turn.tries,
    estimated: turn.estimated,
    inputTokens: turn.inputTokens,
    cacheReadTokens: turn.cacheReadTokens,
    cacheWriteTokens: turn.cacheWriteTokens,
    outputTokens: turn.outputTokens,
    cost: costInWords(totalCost(priced([turn], run.providerMode))),
    startedAt: turn.startedAt,
    endedAt: turn.endedAt,
    toolCalls: turn.toolCalls.map((call) => ({
      id: call.id,
      name: call.name,
      input: call.input,
      state: call.state,
      output: call.output === null ? null : shortened(call.output),
      isError: call.isError,
      decisionId: call.decisionId,
      startedAt: call.startedAt,
      endedAt: call.endedAt,
    })),
  }))
}

/** What a requirement cost so far, in all and by agent and model, the dearest first. */
export async function requirementCost(scope: Scope, requirementId: string): Promise<RequirementCost> {
  const runs = await reader().run.findMany({
    where: { requirementId, organizationId: scope.organizationId },
    select: { agentId: true, model: true, providerMode: true, turns: { select: turnCost } },
  })
  const names = await agentNames(
    scope,
    runs.map((run) => run.agentId),
  )
  const groups = new Map<string, { agentName: string; model: string; runs: number; turns: PricedTurn[] }>()
  for (const run of runs) {
    const key = `${run.agentId} ${run.model}`
    const group = groups.get(key) ?? {
      agentName: names.get(run.agentId) ?? 'a removed agent',
      model: run.model,
      runs: 0,
      turns: [],
    }
    group.runs += 1
    group.turns.push(...priced(run.turns, run.providerMode))
    groups.set(key, group)
  }
  const agents = [...groups.values()].map(({ turns, ...group }) => {
    const total = totalCost(turns)
    return { ...group, total, cost: costInWords(total) }
  })
  agents.sort((a, b) => b.total.microUsd - a.total.microUsd || b.total.outputTokens - a.total.outputTokens)
  const total = totalCost([...groups.values()].flatMap((group) => group.turns))
  return { total, cost: costInWords(total), agents }
}

function priced<Turn extends Omit<PricedTurn, 'scripted'>>(turns: Turn[], providerMode: string): PricedTurn[] {
  return turns.map((turn) => ({ ...turn, scripted: providerMode === 'scripted' }))
}

function shortened(output: string): string {
  if (output.length <= OUTPUT_SHOWN) return output
  const half = OUTPUT_SHOWN / 2
  return `${output.slice(0, half)}\n… ${output.length - OUTPUT_SHOWN} characters left out here …\n${output.slice(-half)}`
}

async function ownRun(scope: Scope, runId: string): Promise<{ status: string; providerMode: string }> {
  const run = await reader().run.findFirst({
    where: { id: runId, organizationId: scope.organizationId },
    select: { status: true, providerMode: true },
  })
  if (run) return run
  throw new AppError({
    code: 'run-not-found',
    kind: 'not-found',
    message: 'There is no such run here. The address is incomplete, or the run was removed with its requirement.',
  })
}

async function agentNames(scope: Scope, ids: string[]): Promise<Map<string, string>> {
  const agents = await reader().agent.findMany({
    where: { id: { in: [...new Set(ids)] }, organizationId: scope.organizationId },
    select: { id: true, name: true },
  })
  return new Map(agents.map((agent) => [agent.id, agent.name]))
}
