import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { changePlan, undoChange } from '#server/planner/changes'
import { changeSchema, type TaskChange, taskChangesSchema } from '#server/planner/model'
import { editablePlan, listChanges, previewChange } from '#server/planner/queries'
import { findTask } from '#server/tasks/queries'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { refuseInput } from '../refuse-input'

const id = z.object({ id: z.uuid() })
const reason = z.string().trim().max(500).optional()
const undoSeconds = z
  .number()
  .int()
  .min(0)
  .max(10)
  .optional()
  .openapi({ description: 'How long it can be undone; 0 makes it final at once. 10 when left out.' })

const changed = z
  .object({
    number: z.number().int().nullable().openapi({ description: 'Names it for undo; null: it was so already' }),
    revision: z.number().int().nullable().openapi({ description: "The plan's revision now in force" }),
    summary: z.string(),
    finalAt: z.iso.datetime().nullable().openapi({ description: 'Until then it can be undone' }),
  })
  .openapi('Changed')

const effects = z.record(z.string(), z.array(z.string()))
const diff = z.array(
  z.object({ ref: z.string(), title: z.string(), what: z.string(), from: z.string(), to: z.string() }),
)
const answer = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  200: { description, content: { 'application/json': { schema } } },
  ...failures(400, 404, 409),
})
const body = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } })
/** Of a body that may be left out, one of another type counts as left out; this one has to be there, and to fit. */
const needed = <Schema extends z.ZodType>(schema: Schema) => ({ ...body(schema), required: true })

/** POST /requirements/{id}/<verb> */
const ofRequirement = (verb: string, summary: string, permission: 'requirement.change' | 'requirement.cancel') =>
  createRoute({
    method: 'post',
    path: `/requirements/{id}/${verb}`,
    summary,
    middleware: permit(permission),
    request: { params: id, body: body(z.strictObject({ reason, undoSeconds })) },
    responses: answer(changed, 'What was changed.'),
  })

/** POST /tasks/{id}/<verb> */
const ofTask = <Schema extends z.ZodType>(verb: string, summary: string, schema: Schema) =>
  createRoute({
    method: 'post',
    path: `/tasks/{id}/${verb}`,
    summary,
    middleware: permit('task.change'),
    request: { params: id, body: body(schema) },
    responses: answer(changed, 'What was changed.'),
  })

const plain = z.strictObject({ reason, undoSeconds })
const revision = z.number().int().min(1).optional()

const undo = createRoute({
  method: 'post',
  path: '/requirements/{id}/undo',
  summary: 'Undo the newest change',
  middleware: permit('requirement.change'),
  request: { params: id, body: body(z.strictObject({ number: z.number().int().min(1).optional() })) },
  responses: answer(changed, 'What was undone.'),
})

const plan = createRoute({
  method: 'get',
  path: '/requirements/{id}/plan',
  summary: 'The present plan',
  middleware: permit('task.read'),
  request: { params: id },
  responses: answer(
    z.object({ revision: z.number().int().nullable(), tasks: z.array(z.record(z.string(), z.unknown())) }),
    'Revision and tasks, in the order of the plan.',
  ),
})

const revisions = createRoute({
  method: 'get',
  path: '/requirements/{id}/plan/revisions',
  summary: 'What people changed, newest first',
  middleware: permit('task.read'),
  request: { params: id },
  responses: answer(
    z.object({
      changes: z.array(
        z
          .object({
            number: z.number().int(),
            kind: z.string(),
            summary: z.string(),
            reason: z.string(),
            fromRevision: z.number().int().nullable(),
            revision: z.number().int().nullable(),
            byName: z.string(),
            state: z.enum(['open', 'final', 'undone']),
            at: z.iso.datetime(),
            finalAt: z.iso.datetime(),
            diff,
            effects,
          })
          .openapi('PlanChange'),
      ),
    }),
    'Each with its differences.',
  ),
})

const revise = createRoute({
  method: 'post',
  path: '/requirements/{id}/plan/revisions',
  summary: 'Change the plan: several changes count together, all or nothing',
  middleware: permit('task.change'),
  request: {
    params: id,
    body: needed(z.strictObject({ changes: taskChangesSchema, expectedRevision: revision, undoSeconds })),
  },
  responses: answer(changed, 'What was changed. 409 with the reason when it is impossible, or somebody was faster.'),
})

const preview = createRoute({
  method: 'post',
  path: '/requirements/{id}/plan/preview',
  summary: 'What a change would do, without doing it',
  middleware: permit('task.read'),
  request: { params: id, body: needed(z.strictObject({ change: changeSchema })) },
  responses: answer(
    z.object({
      revision: z.number().int().nullable(),
      summary: z.string(),
      diff,
      effects,
      forecast: z.record(z.string(), z.unknown()),
    }),
    'Differences, what runs again or ends, what it is expected to cost, the longest chain before and after.',
  ),
})

type Answer = Awaited<ReturnType<typeof changePlan>>
const shown = (done: Answer) => ({ ...done, finalAt: done.finalAt?.toISOString() ?? null })

/** Changes one task, whichever requirement it is of. */
async function onTask(
  scope: Parameters<typeof changePlan>[0],
  taskId: string,
  undoFor: number | undefined,
  change: (ref: string) => TaskChange,
) {
  const { ref, requirementId } = await findTask(scope, taskId)
  return shown(
    await changePlan(scope, {
      requirementId,
      change: { kind: 'revise', changes: [change(ref)] },
      undoSeconds: undoFor,
    }),
  )
}

export const requirementChanges = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput })
  .openapi(
    ofRequirement('pause', 'Pause: running work stops, its journal is kept', 'requirement.change'),
    async (c) => {
      const { undoSeconds: undoFor, ...rest } = c.req.valid('json')
      const requirementId = c.req.valid('param').id
      const change = { kind: 'pause' as const, ...rest }
      return c.json(shown(await changePlan(c.get('scope'), { requirementId, change, undoSeconds: undoFor })), 200)
    },
  )
  .openapi(ofRequirement('resume', 'Resume: work goes on from its journal', 'requirement.change'), async (c) => {
    const requirementId = c.req.valid('param').id
    const undoFor = c.req.valid('json').undoSeconds
    const change = { kind: 'resume' as const }
    return c.json(shown(await changePlan(c.get('scope'), { requirementId, change, undoSeconds: undoFor })), 200)
  })
  .openapi(ofRequirement('cancel', 'Cancel: stops at once, final after finalAt', 'requirement.cancel'), async (c) => {
    const { undoSeconds: undoFor, ...rest } = c.req.valid('json')
    const requirementId = c.req.valid('param').id
    const change = { kind: 'cancel' as const, ...rest }
    return c.json(shown(await changePlan(c.get('scope'), { requirementId, change, undoSeconds: undoFor })), 200)
  })
  .openapi(undo, async (c) => {
    const input = { requirementId: c.req.valid('param').id, number: c.req.valid('json').number }
    return c.json(shown(await undoChange(c.get('scope'), input)), 200)
  })
  .openapi(plan, async (c) => {
    const { revision: present, tasks } = await editablePlan(c.get('scope'), c.req.valid('param').id)
    return c.json({ revision: present, tasks: tasks.map((task) => ({ ...task })) }, 200)
  })
  .openapi(revisions, async (c) => {
    await editablePlan(c.get('scope'), c.req.valid('param').id)
    const rows = await listChanges(c.get('scope'), c.req.valid('param').id)
    const changes = rows.map((row) => ({
      ...row,
      state: row.state as 'open' | 'final' | 'undone',
      effects: { ...row.effects },
      at: row.at.toISOString(),
      finalAt: row.finalAt.toISOString(),
    }))
    return c.json({ changes }, 200)
  })
  .openapi(revise, async (c) => {
    const { changes, expectedRevision, undoSeconds: undoFor } = c.req.valid('json')
    const requirementId = c.req.valid('param').id
    const input = {
      requirementId,
      expectedRevision,
      undoSeconds: undoFor,
      change: { kind: 'revise' as const, changes },
    }
    return c.json(shown(await changePlan(c.get('scope'), input)), 200)
  })
  .openapi(preview, async (c) => {
    const input = { requirementId: c.req.valid('param').id, change: c.req.valid('json').change }
    const found = await previewChange(c.get('scope'), input)
    return c.json({ ...found, effects: { ...found.effects }, forecast: { ...found.forecast } }, 200)
  })

const retryBody = plain.extend({
  instructions: z.string().trim().min(1).max(20_000).optional(),
  agentId: z.uuid().optional(),
})

export const taskChanges = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput })
  .openapi(ofTask('pause', 'Pause a task', plain), async (c) => {
    const { undoSeconds: undoFor } = c.req.valid('json')
    const make = (task: string) => ({ kind: 'pause-task' as const, task })
    return c.json(await onTask(c.get('scope'), c.req.valid('param').id, undoFor, make), 200)
  })
  .openapi(ofTask('resume', 'Resume a task', plain), async (c) => {
    const { undoSeconds: undoFor } = c.req.valid('json')
    const make = (task: string) => ({ kind: 'resume-task' as const, task })
    return c.json(await onTask(c.get('scope'), c.req.valid('param').id, undoFor, make), 200)
  })
  .openapi(ofTask('cancel', 'Cancel a task and what builds on it', plain), async (c) => {
    const { undoSeconds: undoFor, reason: why } = c.req.valid('json')
    const make = (task: string) => ({ kind: 'cancel-task' as const, task, reason: why })
    return c.json(await onTask(c.get('scope'), c.req.valid('param').id, undoFor, make), 200)
  })
  .openapi(ofTask('skip', 'Leave a task out; what waits for it goes on', plain), async (c) => {
    const { undoSeconds: undoFor, reason: why } = c.req.valid('json')
    const make = (task: string) => ({ kind: 'skip' as const, task, reason: why })
    return c.json(await onTask(c.get('scope'), c.req.valid('param').id, undoFor, make), 200)
  })
  .openapi(ofTask('retry', 'Do a task again, with other instructions or another agent', retryBody), async (c) => {
    const { undoSeconds: undoFor, instructions, agentId } = c.req.valid('json')
    const make = (task: string) => ({ kind: 'retry' as const, task, instructions, agentId })
    return c.json(await onTask(c.get('scope'), c.req.valid('param').id, undoFor, make), 200)
  })
