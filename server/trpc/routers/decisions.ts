import { z } from 'zod'
import { answerDecision } from '#server/decisions/commands'
import { answerSchema } from '#server/decisions/model'
import { closedDecisions, countOpenDecisions, findDecision, openDecisions } from '#server/decisions/queries'
import { router } from '../init'
import { permitted } from '../procedures'

const filter = z.object({
  projectId: z.uuid().optional(),
  requirementId: z.uuid().optional(),
  taskId: z.uuid().optional(),
})

export const decisionsRouter = router({
  open: permitted('decision.read')
    .input(filter)
    .query(({ ctx, input }) => openDecisions(ctx.scope, input, new Date())),

  closed: permitted('decision.read')
    .input(filter)
    .query(({ ctx, input }) => closedDecisions(ctx.scope, input)),

  count: permitted('decision.read').query(({ ctx }) => countOpenDecisions(ctx.scope)),

  one: permitted('decision.read')
    .input(z.object({ decisionId: z.uuid() }))
    .query(({ ctx, input }) => findDecision(ctx.scope, input.decisionId)),

  answer: permitted('decision.answer')
    .input(answerSchema)
    .mutation(async ({ ctx, input }) => {
      await answerDecision(ctx.scope, input)
      return findDecision(ctx.scope, input.decisionId)
    }),
})
