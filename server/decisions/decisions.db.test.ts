import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { answerDecision, raiseDecision } from './commands'
import { DecisionError } from './errors'
import { delegateDecision, holdDecision, snoozeDecision, withdrawDecision } from './handling'
import { answerByLink, decisionBehindLink, mintLink, revokeLinks } from './links'
import { findDecision, openDecisions } from './queries'
import { raiseTestDecision } from './testing'

let acme: TestOrganization
let scopes: Record<'owner' | 'admin' | 'member' | 'viewer', TestOrganization['people']['owner']['scope']>

beforeAll(async () => {
  // As at the start of a process: fifty transactions at once leave no connection to start it with.
  await queue()
  acme = await makeOrganization()
  const { owner, admin, member, viewer } = acme.people
  scopes = { owner: owner.scope, admin: admin.scope, member: member.scope, viewer: viewer.scope }
})
afterAll(stopQueue)

const raise = (more = {}) => raiseTestDecision(scopes.owner, acme.projectId, more)
const row = (id: string) => database().decision.findUniqueOrThrow({ where: { id } })
const eventsOf = async (decisionId: string) =>
  (await database().event.findMany({ where: { decisionId }, orderBy: { sequence: 'asc' } })).map(({ type }) => type)
const recordsOf = (decisionId: string) =>
  database().decisionRecord.findMany({ where: { decisionId }, orderBy: { at: 'asc' } })
const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof DecisionError ? error.code : String(error)),
  )

describe('answering', () => {
  test('fifty at once: one wins, forty-nine learn who and what', async () => {
    const { id } = await raise()
    const options = ['memory', 'file']
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        answerDecision(scopes.member, {
          decisionId: id,
          option: options[index % 2] as string,
          comment: '',
          via: 'page',
        }),
      ),
    )
    const won = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(won).toHaveLength(1)
    expect(lost).toHaveLength(49)
    const { answer, answeredBy } = await row(id)
    for (const error of lost) {
      expect(error).toMatchObject({
        code: 'already-answered',
        kind: 'conflict',
        details: { answeredBy, option: answer },
      })
    }
    expect(await eventsOf(id)).toEqual(['decision.raised', 'decision.answered'])
  })

  test('what can be changed later counts at once, what cannot after ten seconds', async () => {
    const [first, second] = [await raise(), await raise()]
    const soft = await answerDecision(scopes.member, { decisionId: first.id, option: 'file', comment: '', via: 'page' })
    const hard = await answerDecision(scopes.member, { decisionId: second.id, option: 'drop', comment: '', via: 'api' })
    const [softRow, hardRow] = [await row(first.id), await row(second.id)]
    expect(soft.effectiveAt).toEqual(softRow.answeredAt)
    expect(hard.effectiveAt.getTime() - (hardRow.answeredAt?.getTime() ?? 0)).toBe(10_000)
    expect([softRow.answeredVia, hardRow.answeredVia]).toEqual(['page', 'api'])
  })

  test('only who is asked may answer; an admin always may', async () => {
    const { id } = await raise({ answererIds: [acme.people.viewer.userId], answerRole: 'viewer' })
    const answer = { decisionId: id, option: 'file', comment: '', via: 'page' } as const
    expect(await codeOf(answerDecision(scopes.member, answer))).toBe('not-asked')
    expect((await findDecision(scopes.member, id)).asked).toBe(false)
    expect(await codeOf(answerDecision(scopes.admin, answer))).toBe('done')
    const forAdmins = await raise({ answerRole: 'admin' })
    expect(await codeOf(answerDecision(scopes.member, { ...answer, decisionId: forAdmins.id }))).toBe('not-asked')
  })

  test('an irreversible option is never a default', async () => {
    expect(await codeOf(raise({ defaultOption: 'drop', defaultAfterMs: 1_000 }))).toBe('unsafe-default')
    expect(await codeOf(raise({ defaultOption: 'file' }))).toBe('unsafe-default')
  })

  test('twenty raised with one key at once are one decision', async () => {
    const raised = await Promise.all(Array.from({ length: 20 }, () => raise({ dedupeKey: 'the same' })))
    expect(new Set(raised.map(({ id }) => id)).size).toBe(1)
    const types = await eventsOf(raised[0]?.id as string)
    expect(types.filter((type) => type === 'decision.raised')).toHaveLength(1)
  })
})

describe('what is kept', () => {
  test('the record holds the question, the options, who, how and where work stood', async () => {
    const { id } = await raise()
    await answerDecision(scopes.member, { decisionId: id, option: 'file', comment: 'Please.', via: 'slack' })
    const [raised, answered] = await recordsOf(id)
    expect(raised).toMatchObject({ kind: 'raised', content: { question: 'Keep the tasks in memory or in a file?' } })
    expect(answered).toMatchObject({
      kind: 'answered',
      actor: { kind: 'user', name: scopes.member.actor.name },
      content: { answer: 'file', via: 'slack', comment: 'Please.', recommended: 'file', facts: { task: null } },
    })
  })

  test('nobody changes or removes a record, by whatever statement', async () => {
    const { id } = await raise()
    const where = { decisionId: id }
    await expect(database().decisionRecord.updateMany({ where, data: { kind: 'other' } })).rejects.toThrow(
      /append-only/,
    )
    await expect(database().decisionRecord.deleteMany({ where })).rejects.toThrow(/append-only/)
    await expect(database().$executeRaw`truncate "DecisionRecord"`).rejects.toThrow(/append-only/)
    expect(await recordsOf(id)).toHaveLength(1)
  })
})

describe('handing on', () => {
  test('delegating names the next actor and lets the person answer', async () => {
    const { id } = await raise({ answererIds: [acme.people.admin.userId] })
    await delegateDecision(scopes.admin, { decisionId: id, userId: acme.people.member.userId })
    expect(await row(id)).toMatchObject({ nextActor: 'person', nextActorId: acme.people.member.userId })
    const answer = { decisionId: id, option: 'file', comment: '', via: 'page' } as const
    expect(await codeOf(answerDecision(scopes.member, answer))).toBe('done')
    expect(await codeOf(delegateDecision(scopes.admin, { decisionId: id, userId: acme.people.member.userId }))).toBe(
      'already-answered',
    )
  })

  test('a stranger can be handed nothing', async () => {
    const other = await makeOrganization('Other')
    const { id } = await raise()
    const { userId } = other.people.owner
    expect(await codeOf(delegateDecision(scopes.admin, { decisionId: id, userId }))).toBe('no-such-person')
    expect(await codeOf(delegateDecision(other.people.owner.scope, { decisionId: id, userId }))).toBe(
      'decision-not-found',
    )
  })

  test('who is not asked hands nothing on, not even to themselves, and stops no clock', async () => {
    const { admin, member } = acme.people
    const { id } = await raise({ answererIds: [admin.userId], defaultOption: 'file', defaultAfterMs: 3600_000 })
    expect(await codeOf(delegateDecision(scopes.member, { decisionId: id, userId: member.userId }))).toBe('not-asked')
    expect(await codeOf(holdDecision(scopes.member, { decisionId: id, held: true }))).toBe('not-asked')
    expect(await row(id)).toMatchObject({ answererIds: [admin.userId], assigneeId: null, heldAt: null })
  })

  test('nothing is handed to who may not answer it', async () => {
    const { viewer, member } = acme.people
    const { id } = await raise()
    expect(await codeOf(delegateDecision(scopes.admin, { decisionId: id, userId: viewer.userId }))).toBe(
      'may-not-answer',
    )
    const wall = await raise({ kind: 'budget_wall', answerRole: 'admin' })
    expect(await codeOf(delegateDecision(scopes.admin, { decisionId: wall.id, userId: member.userId }))).toBe(
      'may-not-answer',
    )
    expect(await row(wall.id)).toMatchObject({ assigneeId: null })
  })

  test('snoozing is one person’s own', async () => {
    const { id } = await raise()
    await snoozeDecision(scopes.member, { decisionId: id, minutes: 60 })
    const mine = await openDecisions(scopes.member, {}, new Date())
    const others = await openDecisions(scopes.admin, {}, new Date())
    expect(mine.find((decision) => decision.id === id)?.snoozedUntil).toBeInstanceOf(Date)
    expect(others.find((decision) => decision.id === id)?.snoozedUntil).toBeNull()
  })

  test('a stopped clock moves the deadline by the time it stood still', async () => {
    const { id } = await raise({ defaultOption: 'file', defaultAfterMs: 3600_000 })
    const before = (await row(id)).deadline as Date
    await holdDecision(scopes.member, { decisionId: id, held: true })
    await database()
      .$executeRaw`update "Decision" set "heldAt" = "heldAt" - interval '10 minutes' where id = ${id}::uuid`
    const { deadline } = await holdDecision(scopes.member, { decisionId: id, held: false })
    const moved = (deadline?.getTime() ?? 0) - before.getTime()
    expect(moved).toBeGreaterThanOrEqual(600_000)
    expect(moved).toBeLessThan(630_000)
  })

  test('only what nothing waits for can be withdrawn by hand', async () => {
    const { id } = await raise({ kind: 'signal' })
    await withdrawDecision(scopes.member, { decisionId: id, reason: 'Not needed.' })
    expect(await row(id)).toMatchObject({ status: 'withdrawn', comment: 'Not needed.', nextActor: 'nobody' })
    expect(await eventsOf(id)).toEqual(['decision.raised', 'decision.withdrawn'])
  })

  test('who may not answer a question may not withdraw it either', async () => {
    const ofAdmins = await raise({ kind: 'budget_wall', answerRole: 'admin' })
    const ofOne = await raise({ kind: 'signal', answererIds: [acme.people.owner.userId] })
    for (const { id } of [ofAdmins, ofOne]) {
      expect(await codeOf(withdrawDecision(scopes.member, { decisionId: id, reason: '' }))).toBe('not-asked')
      expect((await row(id)).status).toBe('open')
    }
  })
})

describe('links', () => {
  const mint = async (decisionId: string, userId = acme.people.member.userId) => {
    const path = await transaction((tx) => mintLink(tx, scopes.owner, { decisionId, userId, channel: 'email' }))
    return path.slice('/d/'.length)
  }
  const pageTokenOf = async (token: string) => {
    const view = await decisionBehindLink(token, null)
    return view.state === 'unknown' ? '' : view.pageToken
  }
  const send = async (token: string, option = 'file', viewer: string | null = null, pageToken?: string) =>
    codeOf(answerByLink(token, viewer, { option, comment: '', pageToken: pageToken ?? (await pageTokenOf(token)) }))

  test('the token is 256 random bits and stands nowhere', async () => {
    const { id } = await raise()
    const token = await mint(id)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    const stored = await database().decisionLink.findMany({ where: { decisionId: id } })
    expect(JSON.stringify(stored)).not.toContain(token)
  })

  test('looking a hundred times changes nothing; answering once does, and the second use shows the outcome', async () => {
    const { id } = await raise()
    const token = await mint(id)
    for (let look = 0; look < 100; look += 1) await decisionBehindLink(token, null)
    expect((await row(id)).status).toBe('open')
    expect(await send(token)).toBe('done')
    expect(await row(id)).toMatchObject({ answeredVia: 'link', answeredById: acme.people.member.userId })
    const view = await decisionBehindLink(token, null)
    expect(view).toMatchObject({ state: 'answered', decision: { answer: 'file' } })
    expect(await send(token)).toBe('already-answered')
  })

  test('fifty sends of one link: one winner', async () => {
    const { id } = await raise()
    const token = await mint(id)
    const pageToken = await pageTokenOf(token)
    const codes = await Promise.all(Array.from({ length: 50 }, () => send(token, 'file', null, pageToken)))
    expect(codes.filter((code) => code === 'done')).toHaveLength(1)
    expect(codes.filter((code) => code === 'already-answered')).toHaveLength(49)
  })

  test('without the page’s token, or with another link’s, nothing is taken', async () => {
    const { id } = await raise()
    const [token, another] = [await mint(id), await mint(id)]
    for (const forged of ['', '1.x', `${Math.floor(Date.now() / 1000)}.AAAA`, await pageTokenOf(another)]) {
      expect(await send(token, 'file', null, forged)).toBe('asked-anew')
    }
    expect((await row(id)).status).toBe('open')
  })

  test('whoever is signed in as somebody else does not answer for its owner', async () => {
    const { id } = await raise()
    const token = await mint(id)
    const { userId } = acme.people.admin
    expect(await decisionBehindLink(token, userId)).toMatchObject({ viewer: 'somebody-else' })
    expect(await send(token, 'file', userId)).toBe('link-for-another')
    expect(await send(token, 'drop')).toBe('sign-in-first')
    expect(await send(token, 'drop', acme.people.member.userId)).toBe('done')
  })

  test('expired, revoked, asked anew, powerless and unknown links answer nothing and say why', async () => {
    const states: Record<string, string> = {}
    for (const state of ['expired', 'revoked', 'outdated', 'powerless'] as const) {
      const { id } = await raise()
      const token = await mint(id, state === 'powerless' ? acme.people.viewer.userId : undefined)
      const pageToken = await pageTokenOf(token)
      if (state === 'expired') {
        await database().decisionLink.updateMany({ where: { decisionId: id }, data: { expiresAt: new Date(0) } })
      }
      if (state === 'revoked') await transaction((tx) => revokeLinks(tx, scopes.owner, { decisionId: id }))
      if (state === 'outdated') await database().decision.update({ where: { id }, data: { version: 2 } })
      expect((await decisionBehindLink(token, null)).state).toBe(state)
      states[state] = await send(token, 'file', null, pageToken)
      expect((await row(id)).status).toBe('open')
    }
    expect(states).toEqual({
      expired: 'link-closed',
      revoked: 'link-closed',
      outdated: 'asked-anew',
      powerless: 'link-closed',
    })
    expect(await decisionBehindLink('nonsense', null)).toEqual({ state: 'unknown' })
    expect(await send('nonsense', 'file', null, 'x')).toBe('link-closed')
  })

  test('another organization can mint no link', async () => {
    const other = await makeOrganization('Other')
    const { id } = await raise()
    const foreign = { decisionId: id, userId: other.people.owner.userId, channel: 'email' }
    expect(await codeOf(transaction((tx) => mintLink(tx, other.people.owner.scope, foreign)))).toBe(
      'decision-not-found',
    )
  })
})

test('a draft with a word Postgres cannot store is cleaned', async () => {
  const { id } = await raiseDecision(scopes.owner, {
    projectId: acme.projectId,
    kind: 'signal',
    question: 'NUL \0 and \ud800?',
    why: '',
    options: [{ id: 'a', label: 'A', consequence: '', reversible: true }],
    recommended: 'a',
    recommendedWhy: '',
    dedupeKey: 'odd \0 key',
  })
  expect((await row(id)).question).toBe('NUL \uFFFD and \uFFFD?')
})
