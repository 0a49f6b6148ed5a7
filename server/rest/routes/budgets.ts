import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { changeBudget } from '#server/budgets/commands'
import { budgetLevelSchema, changeBudgetInput, dimensionSchema } from '#server/budgets/model'
import { budgetOf } from '#server/budgets/queries'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { refuseInput } from '../refuse-input'

const params = z.object({ level: budgetLevelSchema, id: z.uuid() })
const amount = z.number().int()
const shown = z
  .object({
    level: budgetLevelSchema,
    ownerId: z.uuid(),
    name: z.string(),
    parts: z.array(
      z.object({
        dimension: z.enum(dimensionSchema.options).openapi({
          description: 'money in millionths of a US dollar, tokens, time in milliseconds of model calls',
        }),
        limit: amount.nullable(),
        spent: amount,
        reserved: amount.openapi({ description: 'The worst case of calls under way' }),
        limitWords: z.string(),
        spentWords: z.string(),
        reservedWords: z.string(),
        forecastWords: z.string().nullable(),
      }),
    ),
  })
  .openapi('Budget')
const answer = {
  200: { description: 'The budget as it stands.', content: { 'application/json': { schema: shown } } },
  ...failures(400, 404),
}

const one = createRoute({
  method: 'get',
  path: '/budgets/{level}/{id}',
  summary: 'A budget: limits, what is spent and reserved',
  middleware: permit('budget.read'),
  request: { params },
  responses: answer,
})

const change = createRoute({
  method: 'put',
  path: '/budgets/{level}/{id}',
  summary: 'Set or remove limits; null is no limit, what is left out stays',
  middleware: permit('budget.change'),
  request: {
    params,
    body: {
      required: true,
      content: {
        'application/json': { schema: z.strictObject(changeBudgetInput.omit({ level: true, ownerId: true }).shape) },
      },
    },
  },
  responses: answer,
})

export const budgets = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput })
  .openapi(one, async (c) => {
    const { level, id } = c.req.valid('param')
    return c.json(await budgetOf(c.get('scope'), { level, ownerId: id }), 200)
  })
  .openapi(change, async (c) => {
    const { level, id } = c.req.valid('param')
    await changeBudget(c.get('scope'), { level, ownerId: id, ...c.req.valid('json') })
    return c.json(await budgetOf(c.get('scope'), { level, ownerId: id }), 200)
  })
