import { expect, it } from 'vitest'
import { z } from 'zod'
import { strictSchema } from './strict-schema'

it('closes and requires everything, deep down, and tells limits in words', () => {
  const schema = z.object({
    title: z.string().min(3).optional(),
    kind: z.enum(['minimum', 'pattern']),
    items: z.array(z.object({ count: z.number().int().min(1).max(9).describe('how many') })),
    either: z.union([z.string(), z.null()]),
    one: z.discriminatedUnion('is', [z.object({ is: z.literal('a'), size: z.int() })]),
    // a property may be named like a keyword
    pattern: z.string(),
  })
  expect(strictSchema(z.toJSONSchema(schema))).toEqual({
    type: 'object',
    properties: {
      title: { type: 'string', description: '{minLength: 3}' },
      kind: { type: 'string', enum: ['minimum', 'pattern'] },
      items: {
        type: 'array',
        items: {
          type: 'object',
          properties: { count: { type: 'integer', description: 'how many {minimum: 1, maximum: 9}' } },
          required: ['count'],
          additionalProperties: false,
        },
      },
      either: { type: ['string', 'null'] },
      one: {
        anyOf: [
          {
            type: 'object',
            properties: { is: { type: 'string', const: 'a' }, size: { type: 'integer' } },
            required: ['is', 'size'],
            additionalProperties: false,
          },
        ],
      },
      pattern: { type: 'string' },
    },
    required: ['title', 'kind', 'items', 'either', 'one', 'pattern'],
    additionalProperties: false,
  })
})
