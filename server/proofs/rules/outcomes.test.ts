import { expect, test } from 'vitest'
import { type ClosingFacts, closing, statementOutcomes } from './outcomes'

const statements = [
  { ref: 'S1', kind: 'context' },
  { ref: 'S2', kind: 'behaviour' },
  { ref: 'S3', kind: 'constraint' },
]
const check = (changes: Partial<ClosingFacts['finalChecks'][number]> = {}) => ({
  passed: true,
  command: 'node --test',
  proves: ['S2'],
  todo: [],
  ...changes,
})
const done = { ref: 'T1', title: 'Build', status: 'done', statusReason: '', statementRefs: ['S2'] }

function end(changes: Partial<ClosingFacts>) {
  const facts: ClosingFacts = { statements, questions: [], finalChecks: [check()], tasks: [done], ...changes }
  const outcomes = statementOutcomes(facts)
  return { ...closing(facts, outcomes), outcomes: outcomes.map((item) => `${item.ref} ${item.outcome}`) }
}

test('done only when every counted statement is proven', () => {
  expect(end({ finalChecks: [check({ proves: ['S2', 'S3'] })] })).toMatchObject({ status: 'done', proven: 2, total: 2 })
})

test('a question is asked, a forgotten statement is not built, and the end is partly done', () => {
  expect(end({ questions: [{ statement: 'S3', text: 'Which?' }] })).toMatchObject({
    status: 'partly_done',
    proven: 1,
    outcomes: ['S1 open', 'S2 proven', 'S3 asked'],
  })
  expect(end({})).toMatchObject({ outcomes: ['S1 open', 'S2 proven', 'S3 not_built'] })
})

test.each([
  ['it failed elsewhere', [check(), check({ passed: false })]],
  ['a test is still to do', [check(), check({ proves: [], todo: ['S2'] })]],
  ['no check ran', []],
])('not proven when %s', (_why, finalChecks) => {
  expect(end({ finalChecks }).outcomes).not.toContain('S2 proven')
})

test('nothing finished is failed, not partly done', () => {
  expect(end({ finalChecks: [], tasks: [{ ...done, status: 'failed', statusReason: 'no' }] }).status).toBe('failed')
})
