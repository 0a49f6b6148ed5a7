import { z } from 'zod'
import { systemScope } from '#server/auth/gate'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { classify, fingerprint } from './rules/classify'

const payloadSchema = z.object({
  kind: z.enum(['requirement', 'decision_needed', 'innovation', 'quality_issue', 'integration']),
  title: z.string(),
  detail: z.string(),
})

/** Job `record-signal`: what an agent reported becomes a signal; the same report again only raises its count. */
export async function recordSignal(job: JobData): Promise<void> {
  const scope = systemScope(job.organizationId)
  const event = await database().event.findUnique({
    where: { organizationId_sequence: { organizationId: job.organizationId, sequence: BigInt(job.sequence ?? '0') } },
  })
  if (!event?.projectId) return
  const { kind, title, detail } = payloadSchema.parse(event.payload)
  const { projectId, requirementId, taskId, runId } = event
  const print = fingerprint({ projectId, kind, title })
  const { urgency, impact } = classify(kind)
  await transaction(async (tx) => {
    const earlier = await tx.signal.findUnique({
      where: { organizationId_fingerprint: { organizationId: scope.organizationId, fingerprint: print } },
    })
    if (earlier) {
      // The same run reporting again after a restart is not a second report.
      if (earlier.runId !== runId)
        await tx.signal.update({ where: { id: earlier.id }, data: { count: { increment: 1 } } })
      return
    }
    await tx.signal.create({
      data: {
        organizationId: scope.organizationId,
        projectId,
        requirementId,
        taskId,
        runId,
        kind,
        urgency,
        impact,
        title,
        detail,
        source: 'agent',
        fingerprint: print,
      },
    })
    await append(tx, scope, [
      {
        type: 'signal.raised',
        projectId,
        requirementId: requirementId ?? undefined,
        taskId: taskId ?? undefined,
        runId: runId ?? undefined,
        payload: { kind, title, detail, urgency, impact },
      },
    ])
  })
}
