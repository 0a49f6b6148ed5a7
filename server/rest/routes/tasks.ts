import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { readTasks } from '../reads'
import { refuseInput } from '../refuse-input'

const instant = z.iso.datetime().nullable()
const task = z
  .object({
    id: z.string(),
    projectId: z.string(),
    requirementId: z.string(),
    ref: z.string(),
    title: z.string(),
    kind: z.string(),
    capability: z.string(),
    status: z.string(),
    statusReason: z.string(),
    attempt: z.number().int(),
    statementRefs: z.array(z.string()),
    createdAt: z.iso.datetime(),
    startedAt: instant,
    finishedAt: instant,
  })
  .openapi('Task')

const list = createRoute({
  method: 'get',
  path: '/tasks',
  summary: 'Tasks of present plans',
  middleware: permit('task.read'),
  request: {
    query: z.object({
      projectId: z.uuid().optional(),
      requirementId: z.uuid().optional(),
      status: z.string().max(40).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
  },
  responses: {
    200: {
      description: 'The newest requirement first, then in plan order.',
      content: { 'application/json': { schema: z.object({ tasks: z.array(task) }) } },
    },
    ...failures(400),
  },
})

export const tasks = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput }).openapi(list, async (context) => {
  const rows = await readTasks(context.get('scope'), context.req.valid('query'))
  const shown = rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  }))
  return context.json({ tasks: shown }, 200)
})
