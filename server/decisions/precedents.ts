import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import type { EventDraft } from '#server/kernel/event'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision, PrecedentPolicy, Prisma } from '#server/platform/database/generated/client'
import { reader, type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { DecisionError } from './errors'
import {
  type DecisionKind,
  decisionKinds,
  type Features,
  featuresSchema,
  humanVias,
  type PrecedentChange,
  type PrecedentMode,
  type Prediction,
  precedentModes,
  predictionSchema,
} from './model'
import { type Backtest, backtest, refusals, replay } from './rules/backtest'
import type { Scored } from './rules/calibration'
import { type Case, DEMOTION_WINDOW, mustDemote, predict } from './rules/precedent'

/** Earlier decisions of one kind that are looked at: older ones say less about today's team. */
const MOST_CASES = 600
const USUAL_THRESHOLD = 0.9

export interface Policy {
  mode: PrecedentMode
  threshold: number
  /** predictions of the backtest it was set with, and until when they reach */
  scored: Scored[]
  scoredUntil: Date | null
}

const storedBacktest = z.object({ scored: z.array(z.object({ raw: z.number(), correct: z.boolean() })) })

/** What precedents may do for this kind; they propose unless somebody decided otherwise. */
export async function policyFor(tx: Transaction, organizationId: string, kind: string): Promise<Policy> {
  const row = await tx.precedentPolicy.findUnique({ where: { organizationId_kind: { organizationId, kind } } })
  return {
    mode: modeOf(row),
    threshold: row?.threshold ?? USUAL_THRESHOLD,
    scored: storedBacktest.safeParse(row?.backtest).data?.scored ?? [],
    scoredUntil: row?.backtestAt ?? null,
  }
}

function modeOf(row: Pick<PrecedentPolicy, 'mode'> | null): PrecedentMode {
  return precedentModes.find((mode) => mode === row?.mode) ?? 'propose'
}

interface History {
  cases: Case[]
  /** what was predicted when these decisions were raised, and whether it came true */
  scored: (Scored & { at: Date })[]
}

/** What people answered, oldest first. Defaults and answers by precedent are nobody's choice and don't count. */
async function recordedHistory(tx: Transaction, organizationId: string, kind: string): Promise<History> {
  const rows = await tx.decision.findMany({
    where: { organizationId, kind, status: 'answered', answeredVia: { in: [...humanVias] } },
    orderBy: { answeredAt: 'desc' },
    take: MOST_CASES,
    select: {
      id: true,
      question: true,
      answer: true,
      answeredBy: true,
      answeredAt: true,
      features: true,
      prediction: true,
    },
  })
  const history: History = { cases: [], scored: [] }
  for (const row of rows.reverse()) {
    const features = featuresSchema.safeParse(row.features)
    if (!features.success || row.answer === null || !row.answeredAt) continue
    const { id: decisionId, question, answeredBy, answer: option } = row
    history.cases.push({ decisionId, question, answeredBy, option, features: features.data })
    const predicted = predictionSchema.safeParse(row.prediction)
    if (!predicted.success) continue
    history.scored.push({ raw: predicted.data.raw, correct: predicted.data.option === option, at: row.answeredAt })
  }
  return history
}

/** What people would answer, from what they answered before; null when too few cases are alike, or it is off. */
export async function predictAnswer(
  tx: Transaction,
  organizationId: string,
  features: Features,
  policy: Policy,
): Promise<Prediction | null> {
  if (policy.mode === 'off') return null
  const { cases, scored } = await recordedHistory(tx, organizationId, features.kind)
  const later = scored.filter(({ at }) => policy.scoredUntil === null || at > policy.scoredUntil)
  return predict(features, cases, [...policy.scored, ...later])
}

/** One kind of question on the page of precedents. */
export interface PrecedentRow {
  kind: DecisionKind
  mode: PrecedentMode
  threshold: number
  /** answers people gave, which are the precedents */
  decisions: number
  /** since precedents may answer by themselves: how often they did, and how often that was taken back */
  answered: number
  undone: number
  autoSince: Date | null
  changedBy: string
  changedAt: Date | null
  demotedAt: Date | null
  demotedReason: string
}

/** Every kind of question with what precedents may do for it. */
export async function precedentOverview(scope: Scope): Promise<PrecedentRow[]> {
  const { organizationId } = scope
  const [counts, policies] = await Promise.all([
    reader().decision.groupBy({
      by: ['kind'],
      where: { organizationId, status: 'answered', answeredVia: { in: [...humanVias] } },
      _count: true,
    }),
    reader().precedentPolicy.findMany({ where: { organizationId } }),
  ])
  return Promise.all(
    decisionKinds.map(async (kind) => {
      const policy = policies.find((row) => row.kind === kind) ?? null
      const since = policy?.autoSince ?? null
      return {
        kind,
        mode: modeOf(policy),
        threshold: policy?.threshold ?? USUAL_THRESHOLD,
        decisions: counts.find((row) => row.kind === kind)?._count ?? 0,
        ...(since ? await recentAnswers(reader(), organizationId, kind, since) : { answered: 0, undone: 0 }),
        autoSince: since,
        changedBy: policy?.changedBy ?? '',
        changedAt: policy?.changedAt ?? null,
        demotedAt: policy?.demotedAt ?? null,
        demotedReason: policy?.demotedReason ?? '',
      }
    }),
  )
}

export interface PrecedentReport {
  kind: DecisionKind
  report: Backtest
  /** why it may not answer by itself; empty when it may */
  refusals: string[]
}

/** What answering by precedent would have been worth on this organization's own history. */
export async function backtestKind(scope: Scope, kind: DecisionKind, threshold: number): Promise<PrecedentReport> {
  const { report } = await testKind(scope, kind, threshold)
  return { kind, report, refusals: refusals(report) }
}

async function testKind(
  scope: Scope,
  kind: DecisionKind,
  threshold: number,
): Promise<{ report: Backtest; scored: Scored[] }> {
  const { cases } = await recordedHistory(reader(), scope.organizationId, kind)
  const tried = replay(cases)
  const scored = tried.map(({ raw, correct }) => ({ raw, correct }))
  return { report: backtest(cases, threshold, tried), scored }
}

/**
 * Sets what precedents may do for one kind. "auto" is refused unless the backtest, run now, reaches the threshold.
 * @throws DecisionError backtest-refused, with the reasons and the figures
 */
export async function changePrecedents(scope: Scope, change: PrecedentChange): Promise<PrecedentReport> {
  const { report, scored } = await testKind(scope, change.kind, change.threshold)
  const tested = { kind: change.kind, report, refusals: refusals(report) }
  if (change.mode === 'auto' && tested.refusals.length > 0) {
    throw new DecisionError({
      code: 'backtest-refused',
      kind: 'conflict',
      message: `Precedents can't answer these questions by themselves yet. ${tested.refusals.join(' ')} They can still be proposed.`,
      details: { report: tested.report, refusals: tested.refusals },
    })
  }
  const { organizationId } = scope
  return transaction(async (tx) => {
    const now = await databaseNow(tx)
    const data = {
      mode: change.mode,
      threshold: change.threshold,
      backtest: JSON.parse(JSON.stringify({ report, scored })) as Prisma.InputJsonValue,
      backtestAt: now,
      changedBy: scope.actor.name,
      changedAt: now,
      autoSince: change.mode === 'auto' ? now : null,
      demotedAt: null,
      demotedReason: '',
    }
    await tx.precedentPolicy.upsert({
      where: { organizationId_kind: { organizationId, kind: change.kind } },
      create: { organizationId, kind: change.kind, ...data },
      update: data,
    })
    const { kind, mode, threshold } = change
    await append(tx, scope, [{ type: 'precedent.changed', payload: { kind, mode, threshold } }])
    return tested
  })
}

/** Stops precedents from answering a kind by themselves when people take their answers back (rules/precedent). */
export async function demoteAfterUndo(tx: Transaction, scope: Scope, decision: Decision): Promise<EventDraft[]> {
  const { organizationId } = scope
  const { kind } = decision
  const policy = await tx.precedentPolicy.findUnique({ where: { organizationId_kind: { organizationId, kind } } })
  if (policy?.mode !== 'auto' || !policy.autoSince) return []
  const recent = await recentAnswers(tx, organizationId, kind, policy.autoSince)
  if (!mustDemote(recent)) return []
  const reason = `${recent.undone} of the last ${recent.answered} answers by precedent ${recent.undone === 1 ? 'was' : 'were'} taken back`
  await tx.precedentPolicy.update({
    where: { organizationId_kind: { organizationId, kind } },
    data: { mode: 'propose', autoSince: null, demotedAt: await databaseNow(tx), demotedReason: `${reason}.` },
  })
  return [{ type: 'precedent.demoted', projectId: decision.projectId, payload: { kind, reason } }]
}

/** The last answers by precedent since it may, and how many of them were taken back. */
async function recentAnswers(tx: Transaction, organizationId: string, kind: string, since: Date) {
  const rows = await tx.$queryRaw<{ answered: bigint; undone: bigint }[]>`
    with recent as (
      select "decisionId", at from "DecisionRecord"
      where "organizationId" = ${organizationId}::uuid and "DecisionRecord".kind = 'answered'
        and content ->> 'via' = 'precedent' and content ->> 'kind' = ${kind} and at >= ${since}
      order by at desc limit ${DEMOTION_WINDOW}
    )
    select count(*) as answered, count(*) filter (where exists (
      select from "DecisionRecord" as undone
      where undone."decisionId" = recent."decisionId" and undone.kind = 'undone'
        and undone.content ->> 'answeredVia' = 'precedent' and undone.at >= recent.at
    )) as undone from recent`
  return { answered: Number(rows[0]?.answered ?? 0), undone: Number(rows[0]?.undone ?? 0) }
}
