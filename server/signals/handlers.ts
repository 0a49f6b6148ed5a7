import { systemScope } from '#server/auth/gate'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { at, plainLine } from './rules/reading'
import { actOnAnswer, fixEnded, workEnded } from './stages/answered'
import { askAgent } from './stages/ask-agent'
import { noticedInLog } from './stages/detect'
import { readDelivery as readStored } from './stages/read-delivery'
import { takeIn } from './stages/take-in'
import { forgetPayloads, watchForSignals } from './stages/watch'

function eventOf(job: JobData) {
  const { organizationId, sequence } = job
  return database().event.findUnique({
    where: { organizationId_sequence: { organizationId, sequence: BigInt(sequence ?? '0') } },
  })
}

/** Job `record-signal`: what happened, or what an agent reported, becomes a signal when it is worth one. */
export async function recordSignal(job: JobData): Promise<void> {
  const scope = systemScope(job.organizationId)
  const event = await eventOf(job)
  if (!event) return
  const ended = event.type === 'requirement.closed' || event.type === 'requirement.cancelled'
  if (ended && event.requirementId) {
    await fixEnded(scope, event.requirementId)
    await workEnded(scope, event.requirementId)
  }
  const noticed = await noticedInLog(scope, event)
  if (noticed) await takeIn(scope, noticed, event.at)
}

/** Job `read-delivery`: what came in from outside becomes signals. */
export async function readDelivery(job: JobData): Promise<void> {
  if (job.inboundId) await readStored(job.organizationId, job.inboundId)
}

/** Job `classify-signal`: an agent says what no rule knows. */
export async function classifySignal(job: JobData, signal: AbortSignal): Promise<void> {
  const event = await eventOf(job)
  const signalId = plainLine(at(event?.payload, 'signalId'), 40)
  if (signalId) await askAgent(systemScope(job.organizationId), signalId, signal)
}

/** Job `act-on-signal`: the answer to a signal's question is carried out, once it counts. */
export async function actOnSignal(job: JobData): Promise<void> {
  if (job.decisionId) await actOnAnswer(systemScope(job.organizationId), job.decisionId)
}

/** What the workers look for regularly, and what they forget. */
export const signalWork = { watch: watchForSignals, forget: forgetPayloads }
