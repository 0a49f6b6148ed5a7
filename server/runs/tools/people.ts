import { raiseDecision } from '#server/decisions/commands'
import { cleanText } from '#server/kernel/clean-text'
import { reader, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { runEvent } from '../journal'
import { type ToolInput, toolInputs } from '../model'
import type { CallContext, CallOutcome } from '../ports'
import type { Tool } from './tool'

const MOST_OPTIONS = 4

/** Raises the agent's question as a decision; the run is laid aside until somebody answers. */
export const askHuman: Tool<'ask_human'> = async (input, { context }) => {
  const { scope, run, log, toolCallId } = context
  const ids = new Set(input.options.map((option) => option.id))
  if (input.options.length < 2 || input.options.length > MOST_OPTIONS || ids.size !== input.options.length) {
    return { kind: 'done', isError: true, output: `Give 2 to ${MOST_OPTIONS} options with different ids.` }
  }
  if (!ids.has(input.recommended)) {
    return { kind: 'done', isError: true, output: 'The recommended option is not among the options.' }
  }
  const decision = await raiseDecision(scope, {
    projectId: run.projectId,
    requirementId: run.requirementId,
    taskId: run.taskId ?? undefined,
    runId: run.id,
    kind: 'agent_question',
    question: input.question,
    why: input.why,
    options: input.options.map((option) => ({ ...option, reversible: null })),
    recommended: input.recommended,
    recommendedWhy: 'The agent would take it.',
    dedupeKey: `call:${toolCallId}`,
    resumes: 'The agent goes on where it stopped, with the answer.',
  })
  log.write('notice', `Asked: ${input.question}\n`)
  return { kind: 'asking', decisionId: decision.id }
}

export const emitSignal: Tool<'emit_signal'> = async (input, { context }) => {
  const { scope, run, log } = context
  if (context.repeated && (await alreadyReported(context, input))) return reported
  await transaction((tx) => append(tx, scope, [runEvent(run, 'run.signalled', input)]))
  log.write('notice', `Signal (${input.kind.replace('_', ' ')}): ${input.title}\n`)
  return reported
}

const reported: CallOutcome = { kind: 'done', isError: false, output: 'Reported.' }

/** A signal that an earlier worker had reported before it stopped: the log holds it since the call began. */
async function alreadyReported({ run, toolCallId }: CallContext, input: ToolInput<'emit_signal'>): Promise<boolean> {
  const call = await reader().toolCall.findUniqueOrThrow({ where: { id: toolCallId }, select: { startedAt: true } })
  const told = await reader().event.findMany({
    where: {
      organizationId: run.organizationId,
      runId: run.id,
      type: 'run.signalled',
      at: { gte: call.startedAt ?? undefined },
    },
    select: { payload: true },
  })
  const same = toolInputs.emit_signal.safeParse
  return told.some(({ payload }) => {
    const parsed = same(payload)
    return parsed.success && parsed.data.kind === input.kind && parsed.data.title === cleanText(input.title)
  })
}

export const finish: Tool<'finish'> = async ({ summary }, { context }) => {
  context.log.write('notice', `Finished: ${summary}\n`)
  return { kind: 'finish', output: 'The orchestrator now re-runs the acceptance commands.', summary }
}
