import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { AppError } from '#server/kernel/app-error'
import { submitRequirement } from '#server/requirements/commands'
import { requirementStatuses } from '#server/requirements/model'
import { findRequirement } from '#server/requirements/queries'
import { requirementTasks } from '#server/tasks/queries'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { projectNamed } from '../project-named'
import { refuseInput } from '../refuse-input'

const submitBody = z
  .strictObject({
    text: z.string().openapi({ description: 'Plain text or Markdown, at most 1 MB of UTF-8.' }),
    title: z.string().trim().max(200).optional(),
    projectId: z.string().max(100).optional(),
    project: z
      .string()
      .max(100)
      .optional()
      .openapi({ description: 'Id or slug; not needed while there is one project.' }),
  })
  .openapi('SubmitRequirement')

const submitted = z
  .object({
    id: z.string(),
    number: z.number().int(),
    created: z.boolean().openapi({ description: 'false when this Idempotency-Key had submitted it before' }),
    projectId: z.string(),
  })
  .openapi('Submitted')

const statement = z
  .object({
    ref: z.string(),
    text: z.string(),
    kind: z.string(),
    section: z.string(),
    outcome: z.enum(['open', 'proven', 'asked', 'not_built']),
    outcomeReason: z.string(),
  })
  .openapi('Statement')

const requirement = z
  .object({
    id: z.string(),
    number: z.number().int(),
    projectId: z.string(),
    title: z.string(),
    status: z.enum(requirementStatuses),
    statusReason: z.string(),
    scripted: z.boolean().openapi({ description: 'true when the built-in provider does the work: no model is called' }),
    createdAt: z.iso.datetime(),
    closedAt: z.iso.datetime().nullable(),
    summary: z.string(),
    statements: z.array(statement),
    tasks: z.array(
      z.object({
        id: z.string(),
        ref: z.string(),
        title: z.string(),
        status: z.string(),
        dependsOn: z.array(z.string()),
      }),
    ),
  })
  .openapi('Requirement')

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})
const document = { schema: z.string().openapi({ description: 'The requirement itself.' }) }

const submit = createRoute({
  method: 'post',
  path: '/requirements',
  summary: 'Submit a requirement',
  middleware: permit('requirement.submit'),
  request: {
    headers: z.object({
      'idempotency-key': z.string().min(1).max(200).optional().openapi({ description: 'Repeat with it safely.' }),
    }),
    query: z.object({ project: z.string().max(100).optional(), title: z.string().trim().max(200).optional() }),
    body: {
      content: { 'application/json': { schema: submitBody }, 'text/markdown': document, 'text/plain': document },
    },
  },
  responses: {
    201: json(submitted, 'Taken in; planning begins.'),
    200: json(submitted, 'It was submitted before with this key.'),
    ...failures(400, 404, 409, 413),
  },
})

const show = createRoute({
  method: 'get',
  path: '/requirements/{id}',
  summary: 'State, statements and tasks of a requirement',
  middleware: permit('requirement.read'),
  request: { params: z.object({ id: z.uuid() }) },
  responses: { 200: json(requirement, 'The requirement.'), ...failures(400, 404) },
})

const textTypes = ['text/markdown', 'text/plain']

export const requirements = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput })
  .openapi(submit, async (context) => {
    const scope = context.get('scope')
    const query = context.req.valid('query')
    const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
    const given = textTypes.includes(type)
      ? { text: await context.req.text(), title: query.title, project: query.project }
      : jsonInput(type, context.req.valid('json'))
    const project = await projectNamed(scope, given.project ?? query.project)
    const outcome = await submitRequirement(scope, {
      projectId: project.id,
      text: given.text,
      title: given.title,
      idempotencyKey: context.req.valid('header')['idempotency-key'],
      source: 'api',
    })
    context.header('location', `/api/requirements/${outcome.id}`)
    const body = { ...outcome, projectId: project.id }
    return outcome.created ? context.json(body, 201) : context.json(body, 200)
  })
  .openapi(show, async (context) => {
    const scope = context.get('scope')
    const { id } = context.req.valid('param')
    const [found, tasks] = await Promise.all([findRequirement(scope, id), requirementTasks(scope, id)])
    const shown = requirement.parse({
      ...found,
      scripted: found.project.providerMode === 'scripted',
      createdAt: found.createdAt.toISOString(),
      closedAt: found.closedAt?.toISOString() ?? null,
      summary: found.totalsInWords,
      tasks,
    })
    return context.json(shown, 200)
  })

/** The route's own check has run when the type is JSON; other types have no JSON to give. */
function jsonInput(type: string, given: unknown) {
  const body = submitBody.safeParse(given).data
  if (type === 'application/json' && body) {
    return { text: body.text, title: body.title, project: body.projectId ?? body.project }
  }
  throw new AppError({
    code: 'content-type',
    kind: 'invalid',
    message:
      'Send the requirement as application/json {"text": …}, or as text/markdown or text/plain. Nothing was saved.',
  })
}
