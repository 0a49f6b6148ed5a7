import { z } from 'zod'
import { actorSchema } from '#server/auth/model'
import { optionsSchema, predictionSchema } from '#server/decisions/model'
import type { JobData } from '#server/kernel/job'
import { planSchema } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import type { Event } from '#server/platform/database/generated/client'
import { withLock } from '#server/platform/database/lock'
import { transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'
import { ensureWorkspace } from '#server/workspaces/ensure'
import { writeRecord } from '#server/workspaces/git'
import { decisionRecord, planRecord, type RecordFile, requirementRecord, signalRecord } from './rules/markdown'

/** What of a kept record names the step: the answer given or taken back, the person it went to. */
const recordLabel = z
  .object({ label: z.string().optional(), toName: z.string().optional(), reason: z.string().optional() })
  .transform(({ label, toName, reason }) => ({ label: label ?? toName ?? reason ?? '' }))

/** Job `write-record`: the readable file that an event leaves in the workspace. Written again it is the same file. */
export async function writeRecordOf(job: JobData): Promise<void> {
  const event = await database().event.findUnique({
    where: { organizationId_sequence: { organizationId: job.organizationId, sequence: BigInt(job.sequence ?? '0') } },
  })
  if (!event?.projectId) return
  const { projectId } = event
  const file = await recordOf(event)
  if (!file) return
  await ensureWorkspace(projectId)
  // The merge queue's lock: a merge that was checked on one main must not find another one.
  const held = await withLock(`merge:${projectId}`, () => writeRecord(projectId, [file], `Record: ${file.path}`))
  if (!held) await transaction((tx) => enqueue(tx, [{ job: { ...job, name: 'write-record' }, startAfterSeconds: 2 }]))
}

async function recordOf(event: Event): Promise<RecordFile | null> {
  const [noun] = event.type.split('.')
  if (noun === 'requirement' && event.requirementId) return ofRequirement(event.requirementId)
  if (noun === 'plan' && event.requirementId) return ofPlan(event.requirementId)
  if (noun === 'decision' && event.decisionId) return ofDecision(event.decisionId)
  if (noun === 'signal') return ofSignal(event)
  return null
}

async function ofRequirement(id: string): Promise<RecordFile> {
  const requirement = await database().requirement.findUniqueOrThrow({
    where: { id },
    include: { statements: { orderBy: { position: 'asc' } } },
  })
  return requirementRecord(requirement)
}

async function ofPlan(requirementId: string): Promise<RecordFile | null> {
  const plan = await database().plan.findFirst({
    where: { requirementId, status: 'accepted' },
    orderBy: { revision: 'desc' },
    include: { requirement: true },
  })
  if (!plan) return null
  const content = planSchema.parse(plan.content)
  return planRecord({
    number: plan.requirement.number,
    title: plan.requirement.title,
    revision: plan.revision,
    scripted: plan.scripted,
    ...content,
    tasks: content.tasks.map((task) => ({ ...task, commands: task.acceptance.map((item) => item.command) })),
  })
}

async function ofDecision(id: string): Promise<RecordFile> {
  const decision = await database().decision.findUniqueOrThrow({ where: { id } })
  const records = await database().decisionRecord.findMany({
    where: { decisionId: id },
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
  })
  return decisionRecord({
    ...decision,
    options: optionsSchema.parse(decision.options),
    prediction: predictionSchema.nullable().catch(null).parse(decision.prediction),
    history: records.map((record) => ({
      kind: record.kind,
      at: record.at.toISOString(),
      by: actorSchema.parse(record.actor).name,
      label: recordLabel.parse(record.content).label,
    })),
    answeredAt: decision.answeredAt?.toISOString() ?? '',
    createdAt: decision.createdAt.toISOString(),
  })
}

function ofSignal(event: Event): RecordFile {
  const payload = event.payload as {
    kind: string
    title: string
    detail: string
    urgency: string
    impact: string
    external?: boolean
  }
  return signalRecord({ ...payload, at: event.at.toISOString(), sequence: String(event.sequence) })
}
