import { z } from 'zod'
import { type RunTurnOptions, runTurn } from '#server/agents/bridge'
import { connectionFor } from '#server/agents/connection'
import { ProviderError } from '#server/agents/errors'
import { type Entered, enterGate, gateKey } from '#server/agents/gate'
import type { Prompt, TurnContext } from '#server/agents/ports'
import { costMicroUsd } from '#server/agents/rules/pricing'
import type { Scope } from '#server/auth/model'
import type { WallReason } from '#server/budgets/model'
import { currentPrice } from '#server/budgets/price'
import { reserveForSignal, settleForSignal } from '#server/budgets/reservations'
import { worstCost, worstInputTokens } from '#server/budgets/rules/worst-case'
import { messageOf } from '#server/kernel/app-error'
import { block } from '#server/kernel/blocks'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { Agent, Signal } from '#server/platform/database/generated/client'
import { transaction } from '#server/platform/database/transaction'
import { maskSecrets } from '#server/platform/logging/redact'
import { lockSignals, policyOf, takeAgentCall } from '../repository/knowledge'
import { type Classification, UNDECIDED, unclassified } from '../rules/classify'
import { plainLine } from '../rules/reading'
import { type Triage, triageInstructions, triagePrompt, triageSchema } from '../rules/triage'
import { resumeUndecided } from './resume'

const MOST_OUTPUT_TOKENS = 1_000
const MOST_MS = 60_000

interface Verdict {
  found: Classification
  by: 'rule' | 'agent'
  scripted: boolean
}

/**
 * Asks an agent what a signal is that no rule knows. It can choose words of our lists and give a reason; nothing it says
 * is carried out. Without an agent, a key or calls left for today, people look at it instead.
 */
export async function askAgent(scope: Scope, signalId: string, signal: AbortSignal): Promise<void> {
  const row = await database().signal.findFirst({ where: { id: signalId, organizationId: scope.organizationId } })
  if (row?.ruleId !== UNDECIDED || row.status !== 'open' || row.routedTo !== 'nobody') return
  const verdict = await judgeByAgent(scope, row, signal)
  await transaction(async (tx) => {
    await lockSignals(tx, row.projectId)
    await resumeUndecided(tx, scope, row.id, verdict)
  })
}

async function judgeByAgent(scope: Scope, row: Signal, signal: AbortSignal): Promise<Verdict> {
  const nobody = (why: string): Verdict => ({ found: unclassified(why), by: 'rule', scripted: false })
  const policy = await transaction((tx) => policyOf(tx, row.projectId))
  const agent = await database().agent.findFirst({
    where: { organizationId: scope.organizationId, enabled: true, capabilities: { has: 'analysis' } },
    orderBy: { createdAt: 'asc' },
  })
  if (!agent) return nobody('No rule knows it, and no agent with the capability analysis is enabled.')
  const taken = await transaction((tx) =>
    takeAgentCall(tx, {
      organizationId: scope.organizationId,
      projectId: row.projectId,
      perDay: policy.agentCallsPerDay,
    }),
  )
  if (!taken) return nobody('No rule knows it, and the calls to agents for today are used up.')
  try {
    const { triage, scripted } = await ask(scope, row, agent, signal)
    const { kind, urgency, impact } = triage
    const why = `${agent.name}${scripted ? ' (scripted)' : ''} judged so: ${plainLine(triage.why, 300)}`
    return {
      found: { kind, urgency, impact, size: 'medium', ruleId: `agent:${agent.role}`, why },
      by: 'agent',
      scripted,
    }
  } catch (error) {
    if (error instanceof BudgetReached) return nobody(`No rule knows it, and ${error.message}`)
    return nobody(`No rule knows it, and ${agent.name} could not say: ${plainLine(maskSecrets(messageOf(error)), 200)}`)
  }
}

/** A budget refused the worst case of the call, so it was not made. */
class BudgetReached extends Error {
  constructor(level: string, reason: WallReason) {
    super(`the budget of the ${level} does not leave an agent room to say: ${left[reason]}.`)
    this.name = 'BudgetReached'
  }
}

const left: Readonly<Record<WallReason, string>> = {
  money: 'too little money is left',
  tokens: 'too few tokens are left',
  time: 'too little time is left',
  unpriced: 'its model has no price',
}

function promptOf(row: Signal): Prompt {
  const text = triagePrompt({ title: row.title, detail: row.detail, source: row.source, evidence: row.evidence })
  return {
    system: triageInstructions,
    transcript: [{ role: 'user', text: `${text}\n${block('vocabulary', [Object.keys(triageSchema.shape)])}` }],
    tools: [],
    answer: { name: 'triage', schema: z.toJSONSchema(triageSchema) as Record<string, unknown> },
  }
}

async function ask(
  scope: Scope,
  row: Signal,
  agent: Agent,
  signal: AbortSignal,
): Promise<{ triage: Triage; scripted: boolean }> {
  const project = await database().project.findUniqueOrThrow({
    where: { id: row.projectId },
    select: { providerMode: true },
  })
  const { connector, ...connection } = await connectionFor(scope, agent, project.providerMode)
  const prompt = promptOf(row)
  const context = { ...connection, maxOutputTokens: MOST_OUTPUT_TOKENS, totalTimeoutMs: MOST_MS }
  const scripted = project.providerMode === 'scripted'
  const around = await spendingOf({ row, agent, context, prompt, scripted, signal })
  const { result } = await runTurn({
    connector,
    prompt,
    context,
    signal,
    onEvent: () => undefined,
    onRetry: () => undefined,
    ...around,
  })
  return { triage: triageSchema.parse(JSON.parse(result.text)), scripted: result.scripted }
}

interface Asking {
  row: Signal
  agent: Agent
  context: TurnContext
  prompt: Prompt
  scripted: boolean
  signal: AbortSignal
}

/** What stands around every try, as around those of runs: the provider's gate, and the budgets. */
async function spendingOf(asking: Asking): Promise<Pick<RunTurnOptions, 'beforeTry' | 'afterTry'>> {
  const { row, agent, context, prompt, scripted, signal } = asking
  const at = await databaseNow(database())
  const price = scripted ? null : await currentPrice(row.organizationId, context.model, at)
  const promptBytes = Buffer.byteLength(JSON.stringify(prompt))
  const inputTokens = worstInputTokens({ promptBytes, previous: null, maxOutputTokens: context.maxOutputTokens })
  const worst = {
    microUsd: price ? worstCost(price.rates, inputTokens, context.maxOutputTokens) : null,
    tokens: inputTokens + context.maxOutputTokens,
    ms: MOST_MS,
    priceId: price?.id ?? null,
  }
  const gate = gateKey(row.organizationId, agent.provider, context.apiKey)
  let reservationId = ''
  let entered: Entered | undefined
  let began = 0
  return {
    async beforeTry() {
      entered = await enterGate(gate, worst.tokens, signal)
      const outcome = await reserveForSignal(row.id, worst, scripted)
      if (outcome.kind === 'wall') {
        await entered.leave(new ProviderError('aborted', 'not made'))
        const { level } = await database().budget.findUniqueOrThrow({ where: { id: outcome.budgetId } })
        throw new BudgetReached(level, outcome.reason)
      }
      reservationId = outcome.reservationId
      began = performance.now()
    },
    async afterTry({ failure, usage }) {
      await settleForSignal(reservationId, {
        microUsd: usage && price ? costMicroUsd(price.rates, usage, at) : null,
        tokens: usage ? usage.input + usage.cacheRead + usage.cacheWrite + usage.output : 0,
        ms: Math.round(performance.now() - began),
        estimated: usage?.estimated ?? false,
      })
      await entered?.leave(failure)
    },
  }
}
