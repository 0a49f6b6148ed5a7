import type { Scope } from '#server/auth/model'
import type { Signal } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { SignalError } from '../errors'
import type { CorrectInput } from '../model'
import { makeRequirement } from '../stages/act'
import { closeSignal } from '../stages/close'
import { judged } from '../stages/learn'

/** The signal's row, locked until the transaction ends. @throws SignalError signal-not-found */
async function lockSignal(tx: Transaction, scope: Scope, signalId: string): Promise<Signal> {
  await tx.$queryRaw`
    select id from "Signal" where id = ${signalId}::uuid and "organizationId" = ${scope.organizationId}::uuid for update`
  const row = await tx.signal.findFirst({ where: { id: signalId, organizationId: scope.organizationId } })
  if (row) return row
  throw new SignalError({
    code: 'signal-not-found',
    kind: 'not-found',
    message: 'There is no such signal here. The link may be incomplete, or it belongs to another organization.',
  })
}

/** "That was right" or "that was wrong": counts for the rule, once for each signal; saying the other takes it back. */
export async function judgeSignal(scope: Scope, input: { signalId: string; right: boolean }): Promise<void> {
  await transaction(async (tx) => {
    const signal = await lockSignal(tx, scope, input.signalId)
    const changed = await judged(tx, scope, signal, input.right ? 'right' : 'wrong')
    if (!changed) return
    const { id: signalId, title, ruleId, projectId } = signal
    await append(tx, scope, [
      { type: 'signal.judged', projectId, payload: { signalId, title, ruleId, right: input.right } },
    ])
  })
}

/** Corrects what a signal was taken for. Such signals are taken for the same from now on, and the rule is counted wrong. */
export async function correctSignal(scope: Scope, input: CorrectInput, now = new Date()): Promise<void> {
  await transaction(async (tx) => {
    const signal = await lockSignal(tx, scope, input.signalId)
    const { kind, urgency, impact, routedTo } = input
    await tx.signal.update({
      where: { id: signal.id },
      data: {
        kind,
        urgency,
        impact,
        classifiedBy: 'person',
        classifiedWhy: `${scope.actor.name} corrected it.`,
        ...(routedTo === '' ? {} : routeOf(routedTo, scope.actor.name)),
        correctedBy: scope.actor.name,
        correctedById: scope.actor.id,
        correctedAt: now,
      },
    })
    await judged(tx, scope, signal, 'wrong')
    if (signal.topic !== '') await remember(tx, scope, signal, input, now)
    const before = { kind: signal.kind, urgency: signal.urgency, impact: signal.impact }
    await append(tx, scope, [
      {
        type: 'signal.corrected',
        projectId: signal.projectId,
        payload: { signalId: signal.id, title: signal.title, kind, urgency, impact, before },
      },
    ])
  })
}

function routeOf(routedTo: 'group' | 'nobody', name: string) {
  const why = `${name} said so.`
  return routedTo === 'group'
    ? { routedTo, routedToId: 'members', routedToName: 'The team', routedWhy: why }
    : { routedTo, routedToId: null, routedToName: '', routedWhy: why }
}

async function remember(tx: Transaction, scope: Scope, signal: Signal, input: CorrectInput, now: Date): Promise<void> {
  const { organizationId } = scope
  const { projectId, topic } = signal
  const { kind, urgency, impact, routedTo } = input
  const learnt = { kind, urgency, impact, routedTo, by: scope.actor.name, updatedAt: now }
  await tx.signalLesson.upsert({
    where: { projectId_topic: { projectId, topic } },
    create: { organizationId, projectId, topic, ...learnt },
    update: learnt,
  })
}

/** Ends a signal by hand. Work that waited for it goes on. */
export async function dismissSignal(
  scope: Scope,
  input: { signalId: string; reason: string },
  now = new Date(),
): Promise<void> {
  await transaction(async (tx) => {
    const signal = await lockSignal(tx, scope, input.signalId)
    if (signal.status === 'closed') return
    const reason = input.reason || 'Closed by hand.'
    await closeSignal(tx, scope, signal, { reason: `${scope.actor.name}: ${reason}`, now })
  })
}

/**
 * Makes the requirement a signal proposes, as it is or as somebody edited it.
 * @throws SignalError already-turned, naming the requirement
 */
export async function turnIntoRequirement(
  scope: Scope,
  input: { signalId: string; title?: string; text?: string },
): Promise<{ requirementId: string; number: number; projectId: string }> {
  return transaction(async (tx) => {
    const signal = await lockSignal(tx, scope, input.signalId)
    if (signal.madeRequirementId) {
      throw new SignalError({
        code: 'already-turned',
        kind: 'conflict',
        message: 'It has become a requirement already.',
        details: { requirementId: signal.madeRequirementId },
      })
    }
    const made = await makeRequirement(tx, scope, signal, input)
    const why = `${scope.actor.name} made it requirement R${made.number}.`
    await tx.signal.update({ where: { id: signal.id }, data: { action: 'requirement', actionWhy: why } })
    await judged(tx, scope, signal, 'right')
    await append(tx, scope, [
      {
        type: 'signal.acted',
        projectId: signal.projectId,
        requirementId: made.id,
        payload: { signalId: signal.id, title: signal.title, action: 'requirement', why },
      },
    ])
    return { requirementId: made.id, number: made.number, projectId: signal.projectId }
  })
}

/** Signals of this topic come in muted from now on: kept, counted, and nobody is told. */
export async function muteSuch(
  scope: Scope,
  input: { signalId: string },
  now = new Date(),
): Promise<{ muteId: string }> {
  return transaction(async (tx) => {
    const signal = await lockSignal(tx, scope, input.signalId)
    const { projectId, topic, title } = signal
    if (topic === '') {
      throw new SignalError({
        code: 'no-topic',
        kind: 'invalid',
        message: 'This signal is from before signals had topics, so others like it can’t be told. Close it instead.',
      })
    }
    const by = { title, createdAt: now, createdById: scope.actor.id, createdBy: scope.actor.name, endedAt: null }
    const mute = await tx.signalMute.upsert({
      where: { projectId_topic: { projectId, topic } },
      create: { organizationId: scope.organizationId, projectId, topic, ...by },
      update: by,
      select: { id: true },
    })
    const open = await tx.signal.findMany({ where: { projectId, topic, status: 'open' } })
    for (const one of open)
      await closeSignal(tx, scope, one, { reason: `${scope.actor.name} muted such signals.`, now })
    await tx.signal.updateMany({ where: { id: { in: open.map((one) => one.id) } }, data: { status: 'muted' } })
    await judged(tx, scope, signal, 'wrong')
    await append(tx, scope, [{ type: 'signal.muted', projectId, payload: { signalId: signal.id, title, topic } }])
    return { muteId: mute.id }
  })
}

/** Ends a mute; signals of its topic are told again. @throws SignalError mute-not-found */
export async function unmute(
  scope: Scope,
  input: { projectId: string; muteId: string },
  now = new Date(),
): Promise<void> {
  await transaction(async (tx) => {
    const [mute] = await tx.signalMute.updateManyAndReturn({
      where: { id: input.muteId, projectId: input.projectId, organizationId: scope.organizationId, endedAt: null },
      data: { endedAt: now },
    })
    if (!mute) {
      throw new SignalError({ code: 'mute-not-found', kind: 'not-found', message: 'There is no such mute any more.' })
    }
    // What comes again is opened again.
    await tx.signal.updateMany({
      where: { projectId: mute.projectId, topic: mute.topic, status: 'muted' },
      data: { status: 'closed', closedAt: now, closedWhy: 'It was muted.' },
    })
    const { projectId, topic, title } = mute
    await append(tx, scope, [{ type: 'signal.unmuted', projectId, payload: { topic, title } }])
  })
}
