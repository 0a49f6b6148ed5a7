import { expect, test } from 'vitest'
import { waitsForAnswer, whoAnswers } from './answerers'

const admins = { assigneeName: '', answerRole: 'admin' as const }

test.each([
  [{ ...admins, answerRole: 'member' as const, able: [] }, 'group', 'The team', 'the team'],
  [{ ...admins, able: [] }, 'group', 'Owners and admins', 'owners and admins'],
  [{ ...admins, able: ['Ada'] }, 'group', 'Ada', 'Ada'],
  [{ ...admins, able: ['Ada', 'Bo'] }, 'group', 'Ada or Bo', 'Ada or Bo'],
  [{ ...admins, able: ['Ada', 'Bo', 'Cy'] }, 'group', 'Owners and admins', 'owners and admins'],
  [{ ...admins, answerRole: 'owner' as const, able: ['Ada', 'Bo', 'Cy'] }, 'group', 'Owners', 'owners'],
  [{ ...admins, assigneeName: 'Bo', able: ['Ada'] }, 'person', 'Bo', 'Bo'],
] as const)('%j waits for %s %s', (question, actor, name, inSentence) => {
  const asked = whoAnswers(question)
  expect(asked).toEqual({ actor, name })
  expect(waitsForAnswer(asked, 'Raise it?')).toBe(`Waits for the answer of ${inSentence}: Raise it?`)
})
