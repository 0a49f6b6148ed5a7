import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { readMetrics, readStatus } from '../reads'
import { refuseInput } from '../refuse-input'

const counts = z.record(z.string(), z.number().int())
const durations = z
  .object({ count: z.number().int(), p50: z.number().nullable(), p95: z.number().nullable() })
  .openapi('Durations', { description: 'Seconds; null while nothing has finished.' })

const status = z
  .object({
    requirements: counts,
    tasks: counts,
    runs: counts,
    decisions: counts,
    agentsEnabled: z.number().int(),
    projects: z.number().int(),
    lastEventId: z.string().openapi({ description: 'Begin GET /api/events here to miss nothing.' }),
  })
  .openapi('Status')

const metrics = z
  .object({
    counts: z.object({ requirements: counts, tasks: counts, runs: counts, decisions: counts, merges: counts }),
    usage: z.array(
      z.object({
        providerMode: z.string(),
        turns: z.number().int(),
        inputTokens: z.number().int(),
        cacheReadTokens: z.number().int(),
        cacheWriteTokens: z.number().int(),
        outputTokens: z.number().int(),
        costMicroUsd: z
          .number()
          .int()
          .nullable()
          .openapi({ description: 'Millionths of a US dollar; null: no price.' }),
        turnsWithoutPrice: z.number().int(),
      }),
    ),
    durationSeconds: z.object({ requirement: durations, task: durations, turn: durations }),
  })
  .openapi('Metrics')

const showStatus = createRoute({
  method: 'get',
  path: '/status',
  summary: 'How many requirements, tasks, runs and decisions there are, by status',
  middleware: permit('requirement.read'),
  responses: { 200: { description: 'Now.', content: { 'application/json': { schema: status } } }, ...failures() },
})

const showMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Counts, tokens, cost and durations, computed from the rows',
  middleware: permit('metrics.read'),
  responses: { 200: { description: 'Now.', content: { 'application/json': { schema: metrics } } }, ...failures() },
})

export const statusAndMetrics = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput })
  .openapi(showStatus, async (context) => context.json(await readStatus(context.get('scope')), 200))
  .openapi(showMetrics, async (context) => context.json(await readMetrics(context.get('scope')), 200))
