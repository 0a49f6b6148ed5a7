import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { answerDecision, raiseDecision } from '#server/decisions/commands'
import { settleDecisions } from '#server/decisions/handlers'
import { delegateDecision } from '#server/decisions/handling'
import { decisionBehindLink } from '#server/decisions/links'
import { undoAnswer } from '#server/decisions/take-back'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { append, lastSequence } from '#server/platform/events/log'
import { stopQueue } from '#server/platform/queue/queue'
import { submitRequirement } from '#server/requirements/commands'
import { removePerson } from '#server/setup/commands'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { markRead, saveWishes } from './commands/inbox'
import { deliver } from './deliver'
import { foldHeld } from './fold'
import { notify } from './handlers'
import type { Wishes } from './model'
import { countUnread, inbox } from './queries/inbox'
import { mailbox } from './queries/settings'
import { headerOf, startSmtp, textOf } from './testing'
import { unsubscribe, unsubscribePath } from './unsubscribe'

let smtp: Awaited<ReturnType<typeof startSmtp>>
let acme: TestOrganization
let requirementId: string

beforeAll(async () => {
  smtp = await startSmtp((address) => (address.startsWith('nobody') ? { code: 550, text: 'no such user' } : null))
  setEnvironmentVariable('EMAIL_SERVER', smtp.url)
})
afterAll(async () => {
  await stopQueue()
  await smtp.close()
})
beforeEach(async () => {
  smtp.mails.length = 0
  acme = await makeOrganization()
  const { member } = acme.people
  const text = 'It adds <b>numbers</b> & more.'
  requirementId = (await submitRequirement(member.scope, { projectId: acme.projectId, text, source: 'page' })).id
})

const system = () => systemScope(acme.organizationId)
const signal = () => new AbortController().signal

type Mail = (typeof smtp.mails)[number]

function raise(key: string, question = 'Which one?', more: object = {}) {
  return raiseDecision(system(), {
    projectId: acme.projectId,
    requirementId,
    kind: 'agent_question',
    question,
    why: 'Both fit.',
    options: [
      { id: 'a', label: 'The first', consequence: 'Cheap.', reversible: true },
      { id: 'b', label: 'The second', consequence: 'Fast.', reversible: false },
    ],
    recommended: 'a',
    recommendedWhy: 'It is cheaper.',
    dedupeKey: key,
    ...more,
  })
}

/** Runs `notify` for every event that asks for it, as the worker would. */
async function notifyAll(after = 0n): Promise<void> {
  const { organizationId } = acme
  const events = await database().event.findMany({
    where: { organizationId, sequence: { gt: after } },
    orderBy: { sequence: 'asc' },
  })
  for (const { sequence } of events) await notify({ organizationId, sequence: String(sequence) })
}

async function sendDue(): Promise<void> {
  await database().delivery.updateMany({ where: { status: 'waiting' }, data: { nextAttemptAt: new Date(0) } })
  for (const { id } of await database().delivery.findMany({
    where: { status: 'waiting', organizationId: acme.organizationId },
  })) {
    await deliver(id, () => new Date(), signal())
  }
}

function failTask(number: number): Promise<void> {
  const payload = { ref: `T${number}`, title: `Task ${number}`, reason: 'Its checks fail.' }
  return transaction((tx) =>
    append(tx, system(), [{ type: 'task.failed', projectId: acme.projectId, requirementId, payload }]),
  )
}

const wishes = (given: Partial<Wishes>): Wishes => ({
  matrix: {},
  quietHours: null,
  timeZone: 'UTC',
  digest: 'none',
  digestAt: '08:00',
  ...given,
})

describe('a decision', () => {
  test('goes to whoever submitted the requirement by e-mail, and to all who may answer in the product', async () => {
    const { id } = await raise('one')
    await notifyAll()
    await sendDue()
    const { owner, admin, member, viewer } = acme.people
    expect(await countUnread(member.scope)).toBe(1)
    expect(await countUnread(owner.scope)).toBe(1)
    expect(await countUnread(admin.scope)).toBe(1)
    expect(await countUnread(viewer.scope)).toBe(0)
    expect(smtp.mails.map((mail) => mail.to)).toEqual([[member.email]])
    const [mail] = smtp.mails
    if (!mail) throw new Error('no mail')
    const text = textOf(mail)
    for (const part of [
      'Which one?',
      'Both fit.',
      'The first (recommended): Cheap.',
      'The second (cannot be undone)',
    ]) {
      expect(text).toContain(part)
    }
    expect(mail.raw).toMatch(/text\/html/)
    expect(mail.raw).not.toMatch(/<img|<script/i)
    const delivery = await database().delivery.findFirstOrThrow({ where: { decisionId: id, channel: 'email' } })
    expect(headerOf(mail, 'Message-ID')).toBe(`<${delivery.id}@localhost>`)
    expect(headerOf(mail, 'Auto-Submitted')).toBe('auto-generated')
    expect(delivery).toMatchObject({ status: 'sent', attempts: 1, externalId: `<${delivery.id}@localhost>` })
  })

  test('is told once, however often its event is worked on', async () => {
    await raise('twice')
    await Promise.all([notifyAll(), notifyAll(), notifyAll()])
    await sendDue()
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toHaveLength(1)
    expect(await countUnread(acme.people.member.scope)).toBe(1)
    const told = await database().event.count({
      where: { organizationId: acme.organizationId, type: 'notification.sent' },
    })
    expect(told).toBe(1)
  })

  test('that is answered settles every inbox, and what was not sent yet is not sent', async () => {
    const { id } = await raise('settled')
    await notifyAll()
    await answerDecision(acme.people.owner.scope, { decisionId: id, option: 'b', comment: '' })
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toEqual([])
    const { notifications } = await inbox(acme.people.member.scope, { filter: 'all' })
    expect(notifications).toMatchObject([{ settled: true, outcome: 'A owner answered: The second' }])
    expect(await countUnread(acme.people.member.scope)).toBe(0)
    expect(await database().delivery.findFirst({ where: { decisionId: id } })).toMatchObject({ status: 'skipped' })
  })

  test('that is answered before anybody was told asks nobody, in whichever order the two are told', async () => {
    const { id } = await raise('late')
    await answerDecision(acme.people.owner.scope, { decisionId: id, option: 'a', comment: '', via: 'page' })
    const { organizationId } = acme
    const events = await database().event.findMany({ where: { organizationId }, orderBy: { sequence: 'desc' } })
    for (const { sequence } of events) await notify({ organizationId, sequence: String(sequence) })
    await sendDue()
    expect(await countUnread(acme.people.member.scope)).toBe(0)
    expect(await database().notification.count({ where: { organizationId, status: 'open' } })).toBe(0)
    expect(smtp.mails).toEqual([])
  })

  test('with characters that nobody sees spells them out in the e-mail', async () => {
    await raise('hidden', 'Delete \u202egpj.exe\u202c or keep\u200b it?', {
      options: [{ id: 'a', label: 'Keep\u2066 it', consequence: 'It \u00adstays.', reversible: true }],
    })
    await notifyAll()
    await sendDue()
    const [mail] = smtp.mails
    if (!mail) throw new Error('no mail')
    expect(textOf(mail)).not.toMatch(/\p{Cf}/u)
    expect(textOf(mail)).toContain('Delete ⟨U+202E⟩gpj.exe⟨U+202C⟩ or keep⟨U+200B⟩ it?')
    expect(textOf(mail)).toContain('Keep⟨U+2066⟩ it')
  })

  test('that a person answered after the e-mail gets no second e-mail', async () => {
    const { id } = await raise('silent')
    await notifyAll()
    await sendDue()
    await answerDecision(acme.people.owner.scope, { decisionId: id, option: 'a', comment: '' })
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toHaveLength(1)
  })
})

describe('what comes after an answer', () => {
  test('taken back, the question is open again in every inbox, and its e-mail comes again with a link that works', async () => {
    const { member, owner } = acme.people
    const { id } = await raise('undone')
    await notifyAll()
    await sendDue()
    await answerDecision(owner.scope, { decisionId: id, option: 'a', comment: '' })
    await notifyAll()
    expect(await countUnread(member.scope)).toBe(0)
    await undoAnswer(owner.scope, { decisionId: id })
    await notifyAll()
    await sendDue()
    expect(await countUnread(member.scope)).toBe(1)
    const { notifications } = await inbox(member.scope, { filter: 'unread' })
    expect(notifications).toMatchObject([{ title: 'Which one?', settled: false, outcome: '' }])
    expect(smtp.mails.map((mail) => mail.to)).toEqual([[member.email], [member.email]])
    const [first, second] = smtp.mails.map((mail) => /\/d\/(\S+)/.exec(textOf(mail))?.[1] ?? '')
    expect(second).not.toBe(first)
    expect(await decisionBehindLink(second ?? '', null)).toMatchObject({ state: 'open', madeFor: 'A member' })
    expect(headerOf(smtp.mails[0] as Mail, 'References')).toBe(headerOf(smtp.mails[1] as Mail, 'References'))
  })

  test('a default that was taken is told once by e-mail, because nobody knows it yet', async () => {
    const { member } = acme.people
    const { id } = await raise('default', 'Which one?', { defaultOption: 'a', defaultAfterMs: 3_600_000 })
    await notifyAll()
    await sendDue()
    await database().decision.update({ where: { id }, data: { deadline: new Date(Date.now() - 1_000) } })
    await settleDecisions()
    await notifyAll()
    await notifyAll()
    await sendDue()
    expect(smtp.mails.map((mail) => mail.to)).toEqual([[member.email], [member.email]])
    expect(textOf(smtp.mails[1] as Mail)).toContain('Nobody answered in time, so the default was taken: The first')
    expect(textOf(smtp.mails[1] as Mail)).not.toMatch(/\/d\//)
  })

  test('given to somebody else, it is news for them alone', async () => {
    const { admin, member, owner } = acme.people
    const { id } = await raise('delegated')
    await notifyAll()
    await sendDue()
    await delegateDecision(owner.scope, { decisionId: id, userId: admin.userId })
    await notifyAll()
    await sendDue()
    expect(smtp.mails.map((mail) => mail.to)).toEqual([[member.email], [admin.email]])
    expect(textOf(smtp.mails[1] as Mail)).toContain('A owner gave this to you.')
  })
})

describe('bursts', () => {
  test('taken upon oneself, it is news for nobody', async () => {
    const { id } = await raise('own')
    await notifyAll()
    await sendDue()
    smtp.mails.length = 0
    const { admin } = acme.people
    const before = await lastSequence(admin.scope)
    await delegateDecision(admin.scope, { decisionId: id, userId: admin.userId })
    await notifyAll(before)
    await sendDue()
    expect(smtp.mails).toEqual([])
  })

  test('about a budget is told to whom budgets are told', async () => {
    const { member } = acme.people
    const matrix = { budget: { email: 'never' as const, 'in-app': 'never' as const } }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix }) }, new Date())
    await raise('wall', 'The budget is used up. Go on?', { kind: 'budget_wall' })
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toEqual([])
    expect(await countUnread(member.scope)).toBe(0)
    expect(await countUnread(acme.people.owner.scope)).toBe(1)
  })

  test('ten failures are one notification and one e-mail', async () => {
    const { member } = acme.people
    const matrix = { task_failed: { 'in-app': 'mine' as const, email: 'mine' as const } }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix }) }, new Date())
    for (let number = 1; number <= 10; number++) await failTask(number)
    await notifyAll()
    await sendDue()
    const { notifications } = await inbox(member.scope, { filter: 'unread' })
    expect(notifications).toMatchObject([{ title: '10 tasks failed', count: 10 }])
    expect(notifications[0]?.items).toHaveLength(10)
    expect(smtp.mails).toHaveLength(1)
    const text = textOf(smtp.mails[0] as (typeof smtp.mails)[number])
    for (let number = 1; number <= 10; number++) expect(text).toContain(`Task T${number} failed: Task ${number}`)
  })

  test('what follows after the message went out is one more message, not one each', async () => {
    const { member } = acme.people
    const matrix = { task_failed: { email: 'mine' as const } }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix }) }, new Date())
    await failTask(1)
    await notifyAll()
    await sendDue()
    for (let number = 2; number <= 6; number++) await failTask(number)
    await notifyAll()
    const waiting = await database().delivery.findMany({
      where: { organizationId: acme.organizationId, channel: 'email', status: 'waiting' },
    })
    expect(waiting).toHaveLength(1)
    await sendDue()
    expect(smtp.mails).toHaveLength(2)
    expect(headerOf(smtp.mails[1] as (typeof smtp.mails)[number], 'Subject')).toContain('5 tasks failed')
    const [first, second] = smtp.mails.map((mail) => headerOf(mail, 'References'))
    expect(first).toBe(second)
  })

  test('more than a few questions at once wait and come as one e-mail', async () => {
    for (let number = 0; number < 10; number++) await raise(`many ${number}`, `Question ${number}?`)
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toHaveLength(6)
    await foldHeld(new Date(Date.now() + 11 * 60_000))
    await database().delivery.updateMany({ where: { status: 'held' }, data: { nextAttemptAt: new Date(0) } })
    await foldHeld(new Date())
    await sendDue()
    expect(smtp.mails).toHaveLength(7)
    const text = textOf(smtp.mails[6] as (typeof smtp.mails)[number])
    for (let number = 6; number < 10; number++) expect(text).toContain(`Question ${number}?`)
  })

  test('a question whose deadline would pass while it waits for the others goes out', async () => {
    for (let number = 0; number < 7; number++) await raise(`before ${number}`)
    await raise('soon', 'Quickly?', { defaultOption: 'a', defaultAfterMs: 5 * 60_000 })
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toHaveLength(7)
    expect(textOf(smtp.mails[6] as Mail)).toContain('Quickly?')
  })
})

describe('what a person wants', () => {
  test('never means never, and a project can say otherwise', async () => {
    const { member } = acme.people
    const none = { decision_needed: { 'in-app': 'never' as const, email: 'never' as const } }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix: none }) }, new Date())
    await raise('never')
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toEqual([])
    expect(await countUnread(member.scope)).toBe(0)
    const before = await lastSequence(member.scope)
    const mail = { decision_needed: { email: 'mine' as const } }
    await saveWishes(member.scope, { place: acme.projectId, ...wishes({ matrix: mail }) }, new Date())
    await raise('project')
    await notifyAll(before)
    await sendDue()
    expect(smtp.mails).toHaveLength(1)
  })

  test('what is urgent does not join what waits for the end of quiet hours', async () => {
    const { member } = acme.people
    const matrix = { signal: { email: 'all' as const } }
    const hour = new Date().getUTCHours()
    const clock = (hours: number) => `${String((hour + hours + 24) % 24).padStart(2, '0')}:00`
    const quietHours = { from: clock(-1), to: clock(3) }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix, quietHours }) }, new Date())
    const signalled = (title: string, urgency: string) =>
      transaction((tx) =>
        append(tx, system(), [
          { type: 'signal.raised', projectId: acme.projectId, payload: { title, urgency, kind: 'quality_issue' } },
        ]),
      )
    await signalled('A task was sent back again', 'today')
    await signalled('Production is down', 'now')
    await signalled('Another one', 'today')
    await notifyAll()
    const rows = await database().delivery.findMany({
      where: { userId: member.userId, channel: 'email' },
      orderBy: { createdAt: 'asc' },
    })
    expect(rows.map(({ status, reason }) => [status, reason])).toEqual([
      ['held', 'quiet hours'],
      ['waiting', ''],
    ])
    await sendDue()
    expect(smtp.mails.map((mail) => headerOf(mail, 'Subject'))).toEqual([expect.stringContaining('signals need')])
    expect(textOf(smtp.mails[0] as Mail)).toContain('Production is down')
  })

  test('what waits for the end of a burst is not sent into quiet hours that begin meanwhile', async () => {
    const { member } = acme.people
    const clock = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)
    const matrix = { task_failed: { email: 'mine' as const } }
    const quietHours = { from: clock(5), to: clock(180) }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix, quietHours }) }, new Date())
    await failTask(1)
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toHaveLength(1)
    const before = await lastSequence(member.scope)
    await failTask(2)
    await notifyAll(before)
    const held = await database().delivery.findFirst({ where: { userId: member.userId, status: 'held' } })
    expect(held).toMatchObject({ reason: 'quiet hours' })
  })

  test('a digest collects what can wait, and ends in one step', async () => {
    const { member } = acme.people
    const matrix = { task_failed: { email: 'mine' as const }, requirement_closed: { email: 'mine' as const } }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix, digest: 'daily' }) }, new Date())
    await failTask(1)
    const closed = { status: 'partly_done', proven: 1, total: 2, reason: 'One task failed.' }
    await transaction((tx) =>
      append(tx, system(), [{ type: 'requirement.closed', projectId: acme.projectId, requirementId, payload: closed }]),
    )
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toEqual([])
    await database().delivery.updateMany({ where: { status: 'held' }, data: { nextAttemptAt: new Date(0) } })
    await foldHeld(new Date())
    await sendDue()
    expect(smtp.mails).toHaveLength(1)
    const [mail] = smtp.mails
    if (!mail) throw new Error('no mail')
    expect(headerOf(mail, 'Subject')).toContain('Digest: 2 messages')
    expect(headerOf(mail, 'List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click')
    const link = headerOf(mail, 'List-Unsubscribe')?.slice(1, -1) ?? ''
    expect(new URL(link).pathname).toBe(unsubscribePath(acme.organizationId, member.userId))
    await unsubscribe(new URL(link).pathname.split('/').at(-1) ?? '')
    await raise('after')
    await notifyAll()
    await sendDue()
    expect(smtp.mails).toHaveLength(1)
    await expect(unsubscribe('forged.token')).rejects.toThrow(/not valid/)
  })

  test('who has left gets nothing of what still waited for them', async () => {
    const { member, owner } = acme.people
    const matrix = { task_failed: { email: 'mine' as const }, decision_needed: { email: 'mine' as const } }
    await saveWishes(member.scope, { place: 'all', ...wishes({ matrix, digest: 'daily' }) }, new Date())
    await failTask(1)
    await raise('waits', 'Which way?', { defaultOption: 'a', defaultAfterMs: 3600_000 })
    await notifyAll()
    const waiting = { userId: member.userId, channel: 'email', status: { in: ['held', 'waiting'] } }
    expect(await database().delivery.count({ where: waiting })).toBe(2)
    await removePerson(owner.scope, member.userId)
    await database().delivery.updateMany({ where: { status: 'held' }, data: { nextAttemptAt: new Date(0) } })
    await foldHeld(new Date())
    await sendDue()
    expect(smtp.mails.filter((mail) => mail.to.includes(member.email))).toEqual([])
    const skipped = await database().delivery.findFirst({ where: { userId: member.userId, kind: 'digest' } })
    expect(skipped).toMatchObject({ status: 'skipped', reason: 'Whom it was for is no member any more.' })
  })

  test('one’s own inbox is one’s own', async () => {
    await raise('own')
    await notifyAll()
    const { notifications } = await inbox(acme.people.owner.scope, { filter: 'all' })
    const id = notifications[0]?.id ?? ''
    expect(await markRead(acme.people.member.scope, [id], new Date())).toBe(0)
    expect(await markRead(acme.people.owner.scope, [id], new Date())).toBe(1)
  })
})

test('an address that the mail server refuses for good is not tried again', async () => {
  const { member } = acme.people
  await database().user.update({ where: { id: member.userId }, data: { email: `nobody-${member.userId}@example.org` } })
  await raise('refused')
  await notifyAll()
  await sendDue()
  const delivery = await database().delivery.findFirstOrThrow({
    where: { organizationId: acme.organizationId, channel: 'email' },
  })
  expect(delivery).toMatchObject({ status: 'failed', attempts: 1 })
  expect(delivery.lastError).toMatch(/no such user/)
})

test('what went out can be read, without the links that decide', async () => {
  await raise('kept')
  await notifyAll()
  await sendDue()
  const { configured, mails } = await mailbox(acme.people.owner.scope)
  expect(configured).toBe(true)
  expect(mails).toHaveLength(1)
  expect(mails[0]?.text).toContain('Which one?')
  expect(mails[0]?.link).toBeNull()
})
