import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { answerDecision } from '#server/decisions/commands'
import { answerSchema } from '#server/decisions/model'
import { closedDecisions, type DecisionView, openDecisions } from '#server/decisions/queries'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { refuseInput } from '../refuse-input'

const decision = z
  .object({
    id: z.string(),
    kind: z.string(),
    status: z.string(),
    question: z.string(),
    why: z.string(),
    options: z.array(
      z.object({ id: z.string(), label: z.string(), consequence: z.string(), reversible: z.boolean().nullable() }),
    ),
    recommended: z.string().nullable(),
    recommendedWhy: z.string(),
    defaultOption: z.string().nullable(),
    deadline: z.iso.datetime().nullable(),
    projectId: z.string(),
    requirementId: z.string().nullable(),
    taskId: z.string().nullable(),
    blockedTasks: z.number().int(),
    answer: z.string().nullable(),
    comment: z.string(),
    answeredBy: z.string(),
    answeredVia: z.string(),
    effectiveAt: z.iso.datetime().nullable(),
    assigneeName: z.string(),
    resumes: z.string(),
    prediction: z.object({ option: z.string(), confidence: z.number() }).nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Decision')

const answered = z
  .object({
    id: z.string(),
    option: z.string(),
    label: z.string(),
    answeredBy: z.string(),
    effectiveAt: z.iso.datetime(),
    undoUntil: z.iso.datetime(),
  })
  .openapi('Answered')

const list = createRoute({
  method: 'get',
  path: '/decisions',
  summary: 'Decisions that wait for a person, or were taken',
  middleware: permit('decision.read'),
  request: {
    query: z.object({
      status: z.enum(['open', 'closed']).default('open'),
      projectId: z.uuid().optional(),
      requirementId: z.uuid().optional(),
    }),
  },
  responses: {
    200: {
      description: 'Open: the costliest wait first. Closed: the newest first.',
      content: { 'application/json': { schema: z.object({ decisions: z.array(decision) }) } },
    },
    ...failures(400),
  },
})

const answer = createRoute({
  method: 'post',
  path: '/decisions',
  summary: 'Answer a decision',
  middleware: permit('decision.answer'),
  request: { body: { required: true, content: { 'application/json': { schema: answerSchema } } } },
  responses: {
    200: {
      description: 'Taken. It counts from effectiveAt on: what cannot be undone is held for ten seconds.',
      content: { 'application/json': { schema: answered } },
    },
    ...failures(400, 404, 409),
  },
})

export const decisions = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput })
  .openapi(list, async (context) => {
    const { status, ...filter } = context.req.valid('query')
    const scope = context.get('scope')
    const rows =
      status === 'open' ? await openDecisions(scope, filter, new Date()) : await closedDecisions(scope, filter)
    return context.json({ decisions: rows.map(shown) }, 200)
  })
  .openapi(answer, async (context) => {
    const outcome = await answerDecision(context.get('scope'), { ...context.req.valid('json'), via: 'api' })
    const times = { effectiveAt: outcome.effectiveAt.toISOString(), undoUntil: outcome.undoUntil.toISOString() }
    return context.json(answered.parse({ ...outcome, ...times }), 200)
  })

function shown(row: DecisionView) {
  return decision.parse({
    ...row,
    deadline: row.deadline?.toISOString() ?? null,
    effectiveAt: row.effectiveAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  })
}
