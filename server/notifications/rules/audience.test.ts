import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roles } from '#server/auth/model'
import { topicNames } from '../model'
import { audience, type Concern, isReached, type Person, reachOf } from './audience'

const people: Person[] = [
  { userId: 'olga', role: 'owner' },
  { userId: 'adam', role: 'admin' },
  { userId: 'mia', role: 'member' },
  { userId: 'max', role: 'member' },
  { userId: 'vera', role: 'viewer' },
]
const concern = (given: Partial<Concern> = {}): Concern => ({
  topic: 'decision_needed',
  actorId: null,
  assigneeId: null,
  answererIds: [],
  answerRole: 'member',
  submitterId: 'mia',
  ...given,
})
const mine = (given: Partial<Concern>) =>
  audience(concern(given), people)
    .filter((told) => told.mine)
    .map((told) => told.userId)
const told = (given: Partial<Concern>) => audience(concern(given), people).map((one) => one.userId)

describe('audience', () => {
  test.each([
    { given: {}, concerned: ['mia'], all: ['olga', 'adam', 'mia', 'max'] },
    { given: { submitterId: null }, concerned: ['olga', 'adam'], all: ['olga', 'adam', 'mia', 'max'] },
    { given: { assigneeId: 'max' }, concerned: ['max'], all: ['max'] },
    { given: { actorId: 'max', assigneeId: 'mia' }, concerned: ['mia'], all: ['mia'] },
    { given: { answerRole: 'admin' as const }, concerned: ['olga', 'adam'], all: ['olga', 'adam'] },
    { given: { answererIds: ['max'] }, concerned: ['max'], all: ['max'] },
    { given: { topic: 'task_failed' as const }, concerned: ['mia'], all: ['olga', 'adam', 'mia', 'max', 'vera'] },
    {
      given: { topic: 'requirement_closed' as const, actorId: 'mia' },
      concerned: [],
      all: ['olga', 'adam', 'max', 'vera'],
    },
    { given: { topic: 'budget' as const }, concerned: ['mia'], all: ['olga', 'adam', 'mia', 'max'] },
  ])('$given concerns $concerned and may be told to $all', ({ given, concerned, all }) => {
    expect(mine(given)).toEqual(concerned)
    expect(told(given)).toEqual(all)
  })

  const person = fc.record({ userId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), role: fc.constantFrom(...roles) })
  const team = fc.uniqueArray(person, { selector: (one) => one.userId, maxLength: 6 })
  const somebody = fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'gone'), { nil: null })
  const any: fc.Arbitrary<Concern> = fc.record({
    topic: fc.constantFrom(...topicNames),
    actorId: somebody,
    assigneeId: somebody,
    answererIds: fc.constant([]),
    answerRole: fc.constantFrom('member' as const, 'admin' as const),
    submitterId: somebody,
  })

  test('who did it is never told, nobody twice, and only members', () => {
    fc.assert(
      fc.property(any, team, (given, members) => {
        const ids = audience(given, members).map((one) => one.userId)
        expect(ids).not.toContain(given.actorId)
        expect(new Set(ids).size).toBe(ids.length)
        for (const id of ids) expect(members.some((member) => member.userId === id)).toBe(true)
      }),
    )
  })

  test('a question is never put to somebody who may not answer', () => {
    fc.assert(
      fc.property(any, team, (given, members) => {
        const asked = audience({ ...given, topic: 'decision_needed' }, members)
        for (const { userId } of asked) {
          const role = members.find((member) => member.userId === userId)?.role
          expect(role).not.toBe('viewer')
          if (given.answerRole === 'admin') expect(['admin', 'owner']).toContain(role)
        }
      }),
    )
  })

  test('a question always concerns somebody while anybody may answer it, unless its own submitter raised it', () => {
    fc.assert(
      fc.property(any, team, (given, members) => {
        fc.pre(given.submitterId === null || given.submitterId !== given.actorId)
        const asked = audience({ ...given, topic: 'decision_needed' }, members)
        expect(asked.some((one) => one.mine)).toBe(asked.length > 0)
      }),
    )
  })
})

describe('reach', () => {
  const email = { name: 'email' as const, byDefault: { decision_needed: 'mine' as const } }
  test.each([
    { wishes: [null, null], reach: 'mine' },
    { wishes: [null, { decision_needed: { email: 'all' as const } }], reach: 'all' },
    {
      wishes: [{ decision_needed: { email: 'never' as const } }, { decision_needed: { email: 'all' as const } }],
      reach: 'never',
    },
    { wishes: [{ signal: { email: 'all' as const } }, null], reach: 'mine' },
  ])('$wishes gives $reach', ({ wishes, reach }) => {
    expect(reachOf('decision_needed', email, wishes)).toBe(reach)
  })
  test('what has no default is not sent', () => {
    expect(reachOf('signal', email, [null])).toBe('never')
  })
  test.each([
    ['never', true, false],
    ['never', false, false],
    ['mine', true, true],
    ['mine', false, false],
    ['all', false, true],
  ] as const)('%s, mine %s: %s', (reach, isMine, reached) => {
    expect(isReached(reach, isMine)).toBe(reached)
  })
})
