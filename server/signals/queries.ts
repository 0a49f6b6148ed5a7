import type { Scope } from '#server/auth/model'
import type { Prisma, Signal } from '#server/platform/database/generated/client'
import { reader } from '#server/platform/database/transaction'
import { findProject } from '#server/projects/queries'
import { SignalError } from './errors'
import type { SourceKind } from './model'
import { mappingSchema, noMapping, type SignalFilter, type SignalPolicyView } from './model'
import { sourceOf } from './registry'
import { policyOf } from './repository/knowledge'
import { ruleIds } from './rules/classify'
import { confidence, isTrusted, type RuleRecord, recordInWords } from './rules/learn'
import { at, list, plainLine } from './rules/reading'
import { proposalFor } from './stages/act'

/** A line of the stream. */
export interface SignalLine {
  id: string
  kind: string
  urgency: string
  impact: string
  size: string
  title: string
  status: string
  source: string
  sourceLabel: string
  external: boolean
  url: string
  count: number
  groupSize: number
  firstSeenAt: Date
  lastSeenAt: Date
  classifiedBy: string
  scripted: boolean
  routedTo: string
  routedToName: string
  action: string
  decisionId: string | null
  decisionStatus: string | null
  requirementId: string | null
  requirementNumber: number | null
  madeRequirementId: string | null
  madeRequirementNumber: number | null
  held: number
}

export interface SignalPage {
  signals: SignalLine[]
  /** to read on: signals last seen before this; null at the end */
  before: string | null
  /** open signals of the project by urgency, whatever the filter */
  open: { now: number; today: number; whenever: number }
  /** sources that signals of the project came from */
  sources: string[]
}

/** The stream of a project, the latest first. Of a burst, the signal that speaks for it. */
export async function listSignals(scope: Scope, filter: SignalFilter): Promise<SignalPage> {
  const { organizationId } = scope
  const { projectId, kind, urgency, status, source, limit } = filter
  await findProject(scope, projectId)
  const where: Prisma.SignalWhereInput = {
    organizationId,
    projectId,
    leaderId: null,
    ...(kind ? { kind } : {}),
    ...(urgency ? { urgency } : {}),
    ...(source ? { source } : {}),
    ...(status === 'all' ? {} : { status }),
  }
  const [rows, counts, sources] = await Promise.all([
    reader().signal.findMany({
      where: { ...where, ...(filter.before ? { lastSeenAt: { lt: new Date(filter.before) } } : {}) },
      orderBy: [{ lastSeenAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    }),
    reader().signal.groupBy({
      by: ['urgency'],
      where: { organizationId, projectId, status: 'open', leaderId: null },
      _count: true,
    }),
    reader().signal.findMany({ where: { organizationId, projectId }, distinct: ['source'], select: { source: true } }),
  ])
  const shown = rows.slice(0, limit)
  const openOf = (name: string) => counts.find((entry) => entry.urgency === name)?._count ?? 0
  return {
    signals: await toLines(scope, shown),
    before: rows.length > limit ? (shown.at(-1)?.lastSeenAt.toISOString() ?? null) : null,
    open: { now: openOf('now'), today: openOf('today'), whenever: openOf('whenever') },
    sources: sources.map((entry) => entry.source).sort(),
  }
}

async function toLines(scope: Scope, rows: Signal[]): Promise<SignalLine[]> {
  const { organizationId } = scope
  const requirementIds = rows.flatMap((row) => [row.requirementId ?? [], row.madeRequirementId ?? []].flat())
  const [requirements, decisions] = await Promise.all([
    reader().requirement.findMany({
      where: { organizationId, id: { in: requirementIds } },
      select: { id: true, number: true },
    }),
    reader().decision.findMany({
      where: { organizationId, id: { in: rows.flatMap((row) => row.decisionId ?? []) } },
      select: { id: true, status: true },
    }),
  ])
  const numberOf = (id: string | null) => requirements.find((entry) => entry.id === id)?.number ?? null
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    urgency: row.urgency,
    impact: row.impact,
    size: row.size,
    title: row.title,
    status: row.status,
    source: row.source,
    sourceLabel: plainLine(at(row.evidence, 'sourceLabel'), 100) || row.source,
    external: row.external,
    url: row.url,
    count: row.count,
    groupSize: row.groupSize,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    classifiedBy: row.classifiedBy,
    scripted: row.scripted,
    routedTo: row.routedTo,
    routedToName: row.routedToName,
    action: row.action,
    decisionId: row.decisionId,
    decisionStatus: decisions.find((entry) => entry.id === row.decisionId)?.status ?? null,
    requirementId: row.requirementId,
    requirementNumber: numberOf(row.requirementId),
    madeRequirementId: row.madeRequirementId,
    madeRequirementNumber: numberOf(row.madeRequirementId),
    held: row.heldTaskIds.length,
  }))
}

export interface SignalView extends SignalLine {
  projectId: string
  detail: string
  topic: string
  classifiedWhy: string
  ruleId: string
  ruleRecord: string
  routedWhy: string
  actionWhy: string
  closedAt: Date | null
  closedWhy: string
  correctedBy: string
  judged: 'right' | 'wrong' | null
  affectedWhy: string
  tasks: { id: string; ref: string; title: string; held: boolean }[]
  group: { id: string; title: string; status: string; lastSeenAt: Date }[]
  leader: { id: string; title: string } | null
  facts: { name: string; value: string }[]
  proposal: { title: string; text: string }
  muted: boolean
}

/** @throws SignalError signal-not-found */
export async function findSignal(scope: Scope, signalId: string): Promise<SignalView> {
  const { organizationId } = scope
  const row = await reader().signal.findFirst({ where: { id: signalId, organizationId } })
  if (!row) {
    throw new SignalError({
      code: 'signal-not-found',
      kind: 'not-found',
      message: 'There is no such signal here. The link may be incomplete, or it belongs to another organization.',
    })
  }
  const [[line], record, group, leader, tasks, mute] = await Promise.all([
    toLines(scope, [row]),
    reader().signalRuleCount.findUnique({ where: { organizationId_ruleId: { organizationId, ruleId: row.ruleId } } }),
    reader().signal.findMany({
      where: { organizationId, leaderId: row.id },
      orderBy: { lastSeenAt: 'desc' },
      select: { id: true, title: true, status: true, lastSeenAt: true },
      take: 100,
    }),
    row.leaderId
      ? reader().signal.findFirst({ where: { organizationId, id: row.leaderId }, select: { id: true, title: true } })
      : null,
    tasksOf(organizationId, row),
    reader().signalMute.findFirst({
      where: { organizationId, projectId: row.projectId, topic: row.topic, endedAt: null },
    }),
  ])
  const judged = at(row.evidence, 'judged')
  return {
    ...(line as SignalLine),
    projectId: row.projectId,
    detail: row.detail,
    topic: row.topic,
    classifiedWhy: row.classifiedWhy,
    ruleId: row.ruleId,
    ruleRecord: recordInWords(record),
    routedWhy: row.routedWhy,
    actionWhy: row.actionWhy,
    closedAt: row.closedAt,
    closedWhy: row.closedWhy,
    correctedBy: row.correctedBy,
    judged: judged === 'right' || judged === 'wrong' ? judged : null,
    affectedWhy: plainLine(at(row.evidence, 'affected', 'why'), 300),
    tasks,
    group,
    leader,
    facts: factsOf(row.evidence),
    proposal: proposalFor(row),
    muted: mute !== null,
  }
}

async function tasksOf(organizationId: string, row: Signal): Promise<SignalView['tasks']> {
  const ids = [...new Set([...row.heldTaskIds, row.taskId ?? [], row.sentBackTaskId ?? []].flat())]
  const tasks = await reader().task.findMany({
    where: { organizationId, id: { in: ids } },
    orderBy: { position: 'asc' },
    select: { id: true, ref: true, title: true, pausedAt: true },
  })
  return tasks.map(({ pausedAt, ...task }) => ({
    ...task,
    held: pausedAt !== null && row.heldTaskIds.includes(task.id),
  }))
}

/** What the rules looked at, in words. */
function factsOf(evidence: Prisma.JsonValue): SignalView['facts'] {
  const of = (name: string) => plainLine(at(evidence, 'facts', name), 200)
  const paths = list(at(evidence, 'facts', 'paths'), 5).map((path) => plainLine(path, 100))
  return [
    { name: 'Event', value: [of('event'), of('action')].filter(Boolean).join(', ') },
    { name: 'State', value: of('state') },
    { name: 'Severity', value: of('severity') === 'none' ? '' : of('severity') },
    { name: 'Branch', value: of('branch') },
    { name: 'Commit', value: of('commit') },
    { name: 'Files', value: paths.join(', ') },
    { name: 'Caused by', value: of('account') },
  ].filter((fact) => fact.value !== '')
}

export interface SourceView {
  id: string
  kind: SourceKind
  label: string
  kindLabel: string
  enabled: boolean
  mapping: ReturnType<typeof mappingSchema.parse>
  ownAccounts: string[]
  createdAt: Date
  rotatedAt: Date | null
  lastReceivedAt: Date | null
  lastOutcome: string
  received: number
  deliveries: {
    id: string
    event: string
    status: string
    outcome: string
    receivedAt: Date
    bytes: number
    signalId: string | null
  }[]
}

/** The sources of a project with their last deliveries. Keys and secrets are not among it: they are shown once. */
export async function listSources(scope: Scope, projectId: string): Promise<SourceView[]> {
  const { organizationId } = scope
  await findProject(scope, projectId)
  const rows = await reader().signalSource.findMany({
    where: { organizationId, projectId },
    orderBy: { createdAt: 'asc' },
    include: {
      _count: { select: { deliveries: true } },
      deliveries: {
        orderBy: { receivedAt: 'desc' },
        take: 5,
        select: { id: true, event: true, status: true, outcome: true, receivedAt: true, bytes: true, signalId: true },
      },
    },
  })
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as SourceKind,
    label: row.label,
    kindLabel: sourceOf(row.kind as SourceKind).label,
    enabled: row.enabled,
    mapping: mappingSchema.safeParse(row.mapping).data ?? noMapping,
    ownAccounts: row.ownAccounts,
    createdAt: row.createdAt,
    rotatedAt: row.rotatedAt,
    lastReceivedAt: row.lastReceivedAt ?? row.deliveries[0]?.receivedAt ?? null,
    lastOutcome: row.lastOutcome,
    received: row._count.deliveries,
    deliveries: row.deliveries,
  }))
}

interface RuleLine extends RuleRecord {
  ruleId: string
  confidence: number
  trusted: boolean
}

export interface SignalSettings {
  policy: SignalPolicyView
  mutes: { id: string; topic: string; title: string; createdAt: Date; createdBy: string; muted: number }[]
  lessons: {
    id: string
    topic: string
    kind: string
    urgency: string
    impact: string
    routedTo: string
    by: string
    updatedAt: Date
  }[]
  /** rules that somebody judged, the most judged first */
  rules: RuleLine[]
  /** rules there are */
  known: number
  agentCallsToday: number
}

/** Policy, mutes, lessons and how often the rules were right. */
export async function signalSettings(scope: Scope, projectId: string): Promise<SignalSettings> {
  const { organizationId } = scope
  await findProject(scope, projectId)
  const [policy, mutes, lessons, counts, calls, muted] = await Promise.all([
    policyOf(reader(), projectId),
    reader().signalMute.findMany({
      where: { organizationId, projectId, endedAt: null },
      orderBy: { createdAt: 'desc' },
    }),
    reader().signalLesson.findMany({ where: { organizationId, projectId }, orderBy: { updatedAt: 'desc' }, take: 100 }),
    reader().signalRuleCount.findMany({ where: { organizationId } }),
    reader().$queryRaw<{ calls: number }[]>`
      select calls from "SignalAgentCall" where "projectId" = ${projectId}::uuid and day = current_date`,
    reader().signal.groupBy({
      by: ['topic'],
      where: { organizationId, projectId, status: 'muted' },
      _sum: { count: true },
    }),
  ])
  return {
    policy,
    mutes: mutes.map(({ id, topic, title, createdAt, createdBy }) => ({
      id,
      topic,
      title,
      createdAt,
      createdBy,
      muted: muted.find((entry) => entry.topic === topic)?._sum.count ?? 0,
    })),
    lessons: lessons.map(({ id, topic, kind, urgency, impact, routedTo, by, updatedAt }) => ({
      id,
      topic,
      kind,
      urgency,
      impact,
      routedTo,
      by,
      updatedAt,
    })),
    rules: counts
      .filter((count) => count.right + count.wrong > 0)
      .map(({ ruleId, right, wrong }) => ({
        ruleId,
        right,
        wrong,
        confidence: confidence({ right, wrong }),
        trusted: isTrusted({ right, wrong }),
      }))
      .sort((one, other) => other.right + other.wrong - one.right - one.wrong),
    known: ruleIds.length,
    agentCallsToday: calls[0]?.calls ?? 0,
  }
}

/** How many open signals matter now, for the badge in the project's navigation. */
export function countUrgent(scope: Scope, projectId: string): Promise<number> {
  return reader().signal.count({
    where: { organizationId: scope.organizationId, projectId, status: 'open', urgency: 'now', leaderId: null },
  })
}
