import { z } from 'zod'
import { actorSchema } from '#server/auth/model'
import { optionsSchema, predictionSchema } from '#server/decisions/model'
import { planSchema } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import { databaseFailure } from '#server/platform/database/failures'
import type { Event } from '#server/platform/database/generated/client'
import { withLock } from '#server/platform/database/lock'
import { transaction } from '#server/platform/database/transaction'
import { logger } from '#server/platform/logging/logger'
import { enqueue, type QueuedJob } from '#server/platform/queue/queue'
import { ensureWorkspace } from '#server/workspaces/ensure'
import { writeRecord } from '#server/workspaces/git'
import { decisionRecord, planRecord, type RecordFile, requirementRecord, signalRecord } from './rules/markdown'

/** What of a kept record names the step: the answer given or taken back, the person it went to. */
const recordLabel = z
  .object({ label: z.string().optional(), toName: z.string().optional(), reason: z.string().optional() })
  .transform(({ label, toName, reason }) => ({ label: label ?? toName ?? reason ?? '' }))

/** Seconds until records are tried again that a merge was in the way of, or of which one could not be made. */
const SOON_SECONDS = 2
const LATER_SECONDS = 60

/**
 * Job `write-record`: the readable files that events leave in the workspace of their project, as one commit. Written
 * again they are the same files. One that can't be made holds up no other.
 */
export async function writeRecords(jobs: readonly QueuedJob[]): Promise<void> {
  const projectId = jobs[0]?.projectId
  if (!projectId) return
  await ensureWorkspace(projectId)
  // The merge queue's lock: a merge that was checked on one main must not find another one.
  const held = await withLock(`merge:${projectId}`, async () => {
    const { files, failed } = await recordsOf(jobs)
    if (files.length > 0) await writeRecord(projectId, files, messageFor(files))
    return failed
  })
  if (!held) return again(jobs, SOON_SECONDS)
  const [failure] = held.done
  if (!failure) return
  if (jobs.length === 1) throw failure.error
  logger().error({ err: failure.error, job: failure.job }, 'a record could not be made, it will be tried again')
  await again(
    held.done.map(({ job }) => job),
    LATER_SECONDS,
  )
}

function again(jobs: readonly QueuedJob[], startAfterSeconds: number): Promise<void> {
  return transaction((tx) =>
    enqueue(
      tx,
      jobs.map((job) => ({ job, startAfterSeconds })),
    ),
  )
}

function messageFor(files: readonly RecordFile[]): string {
  const [first, ...others] = files.map(({ path }) => path)
  if (others.length === 0) return `Record: ${first}`
  return `Record: ${files.length} files\n\n${[first, ...others].join('\n')}`
}

/** Each file once, as its rows are now, and the jobs whose file can't be made. */
async function recordsOf(jobs: readonly QueuedJob[]) {
  const files = new Map<string, RecordFile>()
  const failed: { job: QueuedJob; error: unknown }[] = []
  for (const job of jobs) {
    try {
      const file = await recordOf(job)
      if (file) files.set(file.path, file)
    } catch (error) {
      if (databaseFailure(error)) throw error
      failed.push({ job, error })
    }
  }
  return { files: [...files.values()], failed }
}

async function recordOf({ organizationId, sequence = '0' }: QueuedJob): Promise<RecordFile | null> {
  const event = await database().event.findUnique({
    where: { organizationId_sequence: { organizationId, sequence: BigInt(sequence) } },
  })
  return event?.projectId ? fileOf(event) : null
}

async function fileOf(event: Event): Promise<RecordFile | null> {
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
