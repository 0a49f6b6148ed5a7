import { expect, test } from 'vitest'
import { statementTotals, totalsInWords } from './totals'

const statement = (outcome: string, kind = 'behaviour') => ({ kind, outcome })

test.each([
  { name: 'nothing', statements: [], words: 'No statement asks for something that can be built.' },
  {
    name: 'prose only',
    statements: [statement('open', 'context')],
    words: 'No statement asks for something that can be built.',
  },
  { name: 'all proven', statements: [statement('proven'), statement('proven', 'quality')], words: '2 of 2 proven' },
  {
    name: 'mixed',
    statements: [statement('proven'), statement('asked'), statement('not_built', 'constraint'), statement('open')],
    words: '1 of 4 proven · 1 asked · 1 not built · 1 open',
  },
  {
    name: 'prose is not counted, even when marked',
    statements: [statement('proven', 'context'), statement('open')],
    words: '0 of 1 proven · 1 open',
  },
])('$name: $words', ({ statements, words }) => {
  expect(totalsInWords(statementTotals(statements))).toBe(words)
})
