import type { Scope } from '#server/auth/model'
import { cleanJson } from '#server/kernel/clean-text'
import type { Plan, PlanChange, Prisma, Requirement } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { lockRequirement } from '#server/requirements/commands'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { recountPlan } from '#server/tasks/commands'
import { UNDO_TIMER } from '#server/tasks/rules/next-actor'
import { PlanError, refuse } from './errors'
import { type Change, UNDO_SECONDS } from './model'
import { type Loaded, loadContext, loadPlan } from './repository/load'
import { addRevision, savePlan, type Waiting, waitsForPerson } from './repository/save'
import { decideChange } from './rules/change'
import { diffOf, effectsOf, summaryOf } from './rules/effects'
import type { PlanState } from './rules/plan-state'
import { isNothing, type Touched, touchedBy, undone } from './rules/touched'
import { settleChange } from './settle'

export interface ChangeInput {
  requirementId: string
  change: Change
  /** the revision the person looked at; another one in force means that nothing is changed */
  expectedRevision?: number
  /** seconds in which it can be undone; 0: final at once */
  undoSeconds?: number
}

export interface Changed {
  /** counted within the requirement; null: nothing was to be done */
  number: number | null
  /** the plan's revision now in force, null without an accepted plan */
  revision: number | null
  summary: string
  /** until then it can be undone */
  finalAt: Date | null
}

/**
 * Changes a requirement or its plan while agents are at work, in one transaction under the requirement's lock. Runs
 * that must stop stop at once; what ends or begins anew by it does so when it can't be undone any more. Asking for
 * what is so already changes nothing.
 * @throws PlanError plan-changed (409, with who changed what), or the reason why it is impossible
 */
export async function changePlan(scope: Scope, input: ChangeInput): Promise<Changed> {
  const change = cleanJson(input.change)
  return transaction(async (tx) => {
    const requirement = await lockRequirement(tx, scope, input.requirementId)
    const open = await openChange(tx, requirement.id)
    const present = await presentRevision(tx, requirement.id)
    if (isSoAlready(requirement, open, change)) return unchanged(requirement, present, open)
    if (open?.kind === 'cancel') refuseWhileCancelling(requirement, open)
    await checkRevision(tx, requirement.id, input.expectedRevision, present)
    if (open) await settleChange(tx, open)
    return apply(tx, scope, await lockRequirement(tx, scope, requirement.id), change, input.undoSeconds ?? UNDO_SECONDS)
  })
}

async function apply(
  tx: Transaction,
  scope: Scope,
  requirement: Requirement,
  change: Change,
  undoSeconds: number,
): Promise<Changed> {
  const loaded = await loadPlan(tx, requirement)
  const context = await loadContext(tx, requirement, scope.actor.name)
  const draft = decideChange(loaded.state, change, context)
  const touched = touchedBy(loaded.state, draft)
  if (isNothing(touched)) return unchanged(requirement, loaded.plan?.revision ?? null, null)
  const effects = effectsOf(loaded.state, draft.held, draft.target)
  const summary = summaryOf(change, context.by, requirement.number, effects.added)
  const finalAt = new Date(Date.parse(context.now) + undoSeconds * 1000)
  const isHeld = JSON.stringify(draft.held) !== JSON.stringify(draft.target)
  const whilePaused: Waiting = isHeld
    ? {
        actor: 'timer',
        name: UNDO_TIMER,
        reason: `${summary} It takes effect in ${undoSeconds} seconds unless somebody undoes it.`,
        deadline: new Date(finalAt.getTime() + 30_000),
      }
    : waitsForPerson(context.by, context.now)
  await savePlan(tx, loaded, draft.held, { whilePaused, leaveTo: null, why: summary })
  const plan = await nextRevision(tx, loaded, draft.target)
  const names = new Map(context.agents.map((agent) => [agent.id, agent.name]))
  const row = await record(tx, scope, requirement, {
    kind: change.kind === 'revise' ? kindOf(change) : change.kind,
    summary,
    reason: 'reason' in change ? (change.reason ?? '') : '',
    fromRevision: loaded.plan?.revision ?? null,
    revision: plan?.revision ?? null,
    diff: diffOf(loaded.state, draft.target, names),
    effects,
    touched,
    finalAt,
  })
  await tell(tx, scope, row)
  if (undoSeconds === 0) await settleChange(tx, row)
  return { number: row.number, revision: row.revision, summary, finalAt: undoSeconds === 0 ? null : finalAt }
}

/** A change of one kind is called by it; several at once are a revision. */
function kindOf(change: Extract<Change, { kind: 'revise' }>): string {
  const [first] = change.changes
  return change.changes.length === 1 && first ? first.kind : 'revise'
}

async function nextRevision(tx: Transaction, loaded: Loaded, target: PlanState): Promise<Plan | null> {
  if (!loaded.plan || !loaded.content) return null
  const plan = await addRevision(tx, { plan: loaded.plan, content: loaded.content }, target)
  await recountPlan(tx, plan.id)
  return plan
}

interface ChangeDraft {
  kind: string
  summary: string
  reason: string
  fromRevision: number | null
  revision: number | null
  diff: unknown
  effects: unknown
  touched: Touched | { ended: string[] }
  finalAt: Date
  state?: string
}

async function record(
  tx: Transaction,
  scope: Scope,
  requirement: Requirement,
  draft: ChangeDraft,
): Promise<PlanChange> {
  const { organizationId, projectId, id: requirementId } = requirement
  const last = await tx.planChange.aggregate({ where: { requirementId }, _max: { number: true } })
  return tx.planChange.create({
    data: {
      ...(cleanJson(draft) as ChangeDraft & { diff: Prisma.InputJsonValue; effects: Prisma.InputJsonValue }),
      finalAt: draft.finalAt,
      touched: cleanJson(draft.touched) as unknown as Prisma.InputJsonValue,
      organizationId,
      projectId,
      requirementId,
      number: (last._max.number ?? 0) + 1,
      byKind: scope.actor.kind,
      byId: scope.actor.id,
      byName: scope.actor.name,
    },
  })
}

async function tell(tx: Transaction, scope: Scope, row: PlanChange): Promise<void> {
  const { kind, number, revision, summary, projectId, requirementId } = row
  const payload = { kind, number, revision, summary }
  await append(tx, scope, [{ type: 'plan.revised', projectId, requirementId, payload }])
}

const openChange = (tx: Transaction, requirementId: string) =>
  tx.planChange.findFirst({ where: { requirementId, state: 'open' }, orderBy: { number: 'desc' } })

async function presentRevision(tx: Transaction, requirementId: string): Promise<number | null> {
  const plan = await tx.plan.findFirst({
    where: { requirementId, status: 'accepted' },
    orderBy: { revision: 'desc' },
    select: { revision: true },
  })
  return plan?.revision ?? null
}

/**
 * Asking for what is so already changes nothing, and leaves others their time to undo: a storm of clicks is one change.
 */
function isSoAlready(requirement: Requirement, open: PlanChange | null, change: Change): boolean {
  const cancelled = requirement.status === 'cancelled' || open?.kind === 'cancel'
  if (change.kind === 'cancel') return cancelled
  if (cancelled || requirement.closedAt) return false
  if (change.kind === 'pause') return requirement.pausedAt !== null
  return change.kind === 'resume' && requirement.pausedAt === null
}

function unchanged(requirement: Requirement, revision: number | null, open: PlanChange | null): Changed {
  const cancelling = open?.kind === 'cancel' ? open : null
  const summary = cancelling?.summary ?? `R${requirement.number} is so already; nothing was changed.`
  return { number: cancelling?.number ?? null, revision, summary, finalAt: cancelling?.finalAt ?? null }
}

function refuseWhileCancelling(requirement: Requirement, open: PlanChange): never {
  refuse(
    'being-cancelled',
    `${open.byName} is cancelling R${requirement.number}. Undo that first; after it nothing can be changed any more.`,
  )
}

/** Somebody else may have been faster: then nothing is changed, and it is told who did what. */
async function checkRevision(
  tx: Transaction,
  requirementId: string,
  expected: number | undefined,
  present: number | null,
): Promise<void> {
  if (expected === undefined || expected === present) return
  const last = await tx.planChange.findFirst({ where: { requirementId }, orderBy: { number: 'desc' } })
  const what = last ? `Meanwhile: ${last.summary}` : 'The plan is another one by now.'
  throw new PlanError({
    code: 'plan-changed',
    kind: 'conflict',
    message: `${what} The plan is at revision ${present ?? 'none'}, and yours was made for ${expected}. Nothing of yours was applied; look at the plan and try again.`,
    details: {
      revision: present,
      by: last?.byName ?? null,
      kind: last?.kind ?? null,
      at: last?.at.toISOString() ?? null,
    },
  })
}

/**
 * Takes the newest change back, within its seconds: what it touched is as before, with results, runs and journals.
 * What went on meanwhile stays.
 * @throws PlanError nothing-to-undo, undo-too-late, plan-changed, cannot-undo (what it set going has begun)
 */
export async function undoChange(scope: Scope, input: { requirementId: string; number?: number }): Promise<Changed> {
  return transaction(async (tx) => {
    const requirement = await lockRequirement(tx, scope, input.requirementId)
    const row = await undoable(tx, requirement, input.number)
    const loaded = await loadPlan(tx, requirement)
    const context = await loadContext(tx, requirement, scope.actor.name)
    if (Date.parse(context.now) >= row.finalAt.getTime()) refuseLate(row)
    const touched = row.touched as unknown as Touched
    const back = undone(loaded.state, touched)
    const summary = `${scope.actor.name} undid: ${row.summary}`
    await savePlan(tx, loaded, back, {
      whilePaused: waitsForPerson(back.requirement.paused?.by ?? row.byName, context.now),
      leaveTo: null,
      why: summary,
    })
    const plan = await nextRevision(tx, loaded, back)
    await tx.planChange.update({
      where: { id: row.id },
      data: { state: 'undone', settledAt: new Date(context.now), touched: { ended: [] } },
    })
    const made = await record(tx, scope, requirement, {
      kind: 'undo',
      summary,
      reason: '',
      fromRevision: loaded.plan?.revision ?? null,
      revision: plan?.revision ?? null,
      diff: diffOf(loaded.state, back, new Map(context.agents.map((agent) => [agent.id, agent.name]))),
      effects: effectsOf(loaded.state, back, back),
      touched: { ended: [] },
      finalAt: new Date(context.now),
      state: 'final',
    })
    await tell(tx, scope, made)
    return { number: made.number, revision: made.revision, summary, finalAt: null }
  })
}

async function undoable(tx: Transaction, requirement: Requirement, number: number | undefined): Promise<PlanChange> {
  const last = await tx.planChange.findFirst({
    where: { requirementId: requirement.id },
    orderBy: { number: 'desc' },
  })
  if (!last || (number === undefined && last.state !== 'open' && last.kind === 'undo')) {
    return refuse('nothing-to-undo', `Nothing was changed in R${requirement.number} that could be undone.`)
  }
  if (number !== undefined && number !== last.number) {
    refuse('plan-changed', `It can't be undone any more, because of what came after it: ${last.summary}`, {
      by: last.byName,
      kind: last.kind,
    })
  }
  if (last.state !== 'open') refuseLate(last)
  const status = requirementStatusSchema.parse(requirement.status)
  if (isClosed(status)) {
    const words = status.replace('_', ' ')
    refuse('requirement-closed', `R${requirement.number} has ended meanwhile (${words}), so nothing is put back.`)
  }
  return last
}

function refuseLate(row: PlanChange): never {
  refuse('undo-too-late', `It is final since ${row.finalAt.toISOString().slice(11, 19)} UTC: ${row.summary}`)
}
