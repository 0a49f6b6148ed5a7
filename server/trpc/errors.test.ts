import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { providerLimitInput } from '#server/agents/limits'
import { changeBudgetInput, modelPriceInput } from '#server/budgets/model'
import { errorShape } from './errors'
import './init'

function messageOf(schema: z.ZodType, input: unknown): string {
  const { error } = schema.safeParse(input)
  const refused = new TRPCError({ code: 'BAD_REQUEST', cause: error })
  return errorShape({ message: '', code: -32600, data: { httpStatus: 400 } }, refused).message
}

test('a number that is too large is refused in words for people, without the names of fields', () => {
  const budget = (limits: object) => messageOf(changeBudgetInput, { level: 'project', ...limits })
  expect(budget({ tokens: 1e99 })).toBe('This is more than can be counted. Leave it empty for no limit.')
  expect(budget({ microUsd: -1 })).toBe('A limit is 0 or more.')
  expect(messageOf(modelPriceInput, { model: 'm', input: 1e99, output: 1 })).toMatch(/^A price is at most /)
  const limits = { provider: 'openai', maxConcurrent: 1e9, requestsPerMinute: null, tokensPerMinute: null }
  expect(messageOf(providerLimitInput, limits)).toBe('A limit is at most 10,000. Leave it empty for none.')
})

test('what has no sentence of ours names its field', () => {
  expect(messageOf(changeBudgetInput, { level: 'galaxy' })).toMatch(/^Level: /)
})

test('what people enter in a form is refused in their words, not in those of a program', () => {
  expect(messageOf(z.object({ timeZone: z.string().max(60) }), { timeZone: 'x'.repeat(61) })).toBe(
    'Time zone: Enter at most 60 characters',
  )
})
