import type { Scope } from '#server/auth/model'
import { actorSchema } from '#server/auth/model'
import { database } from '#server/platform/database/client'
import type { Event } from '#server/platform/database/generated/client'
import { detect } from '../rules/detect'
import { plainLine } from '../rules/reading'
import type { Noticed } from './noticed'

/** What an event of our own log tells, or null: most tell nothing that the engine does not deal with itself. */
export async function noticedInLog(scope: Scope, event: Event): Promise<Noticed | null> {
  if (!event.projectId) return null
  const { requirementId, taskId, runId, projectId } = event
  const [requirement, task, timesSentBack] = await Promise.all([
    requirementId
      ? database().requirement.findUnique({ where: { id: requirementId }, select: { number: true, title: true } })
      : null,
    taskId ? database().task.findUnique({ where: { id: taskId }, select: { ref: true, title: true } }) : null,
    event.type === 'task.sent-back' && taskId
      ? database().event.count({
          where: {
            organizationId: scope.organizationId,
            taskId,
            type: 'task.sent-back',
            sequence: { lte: event.sequence },
          },
        })
      : 0,
  ])
  const candidate = detect({
    type: event.type,
    payload: event.payload,
    requirementId,
    taskId,
    requirement: requirement ? `R${requirement.number} ${plainLine(requirement.title, 100)}` : '',
    task: task ? `${task.ref} ${plainLine(task.title, 100)}` : '',
    timesSentBack,
  })
  if (!candidate) return null
  const reporter = runId && event.type === 'run.signalled' ? await reporterOf(event, runId) : null
  return {
    projectId,
    candidate,
    source: reporter ? 'agent' : 'orchestrator',
    sourceLabel: reporter?.name ?? 'Orchestrator',
    sourceId: null,
    external: false,
    requirementId,
    taskId,
    runId,
    reporterId: reporter?.id ?? null,
  }
}

async function reporterOf(event: Event, runId: string): Promise<{ id: string | null; name: string }> {
  const run = await database().run.findUnique({ where: { id: runId }, select: { agentId: true } })
  const actor = actorSchema.safeParse(event.actor).data
  const agent = run ? await database().agent.findUnique({ where: { id: run.agentId }, select: { name: true } }) : null
  return { id: run?.agentId ?? null, name: agent?.name ?? actor?.name ?? 'An agent' }
}
