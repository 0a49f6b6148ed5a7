import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { planApprovalSchema, projectModeSchema } from '#server/projects/model'
import { listProjects } from '#server/projects/queries'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { refuseInput } from '../refuse-input'

const project = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    providerMode: projectModeSchema,
    planApproval: planApprovalSchema,
    createdAt: z.iso.datetime(),
  })
  .openapi('Project')

const list = createRoute({
  method: 'get',
  path: '/projects',
  summary: 'Projects of the organization',
  middleware: permit('project.read'),
  responses: {
    200: {
      description: 'All projects, by name.',
      content: { 'application/json': { schema: z.object({ projects: z.array(project) }) } },
    },
    ...failures(),
  },
})

export const projects = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput }).openapi(
  list,
  async (context) => {
    const rows = await listProjects(context.get('scope'))
    return context.json({ projects: rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() })) }, 200)
  },
)
