import { z } from 'zod'
import { answerDecision } from '#server/decisions/commands'
import {
  delegateDecision,
  holdDecision,
  snoozeDecision,
  wakeDecision,
  withdrawDecision,
} from '#server/decisions/handling'
import { answerByLink, decisionBehindLink, undoByLink } from '#server/decisions/links'
import {
  answerSchema,
  delegateSchema,
  linkAnswerSchema,
  linkTokenSchema,
  precedentChangeSchema,
  snoozeSchema,
  withdrawSchema,
} from '#server/decisions/model'
import { backtestKind, changePrecedents, precedentOverview } from '#server/decisions/precedents'
import { closedDecisions, countOpenDecisions, findDecision, openDecisions } from '#server/decisions/queries'
import { undoAnswer } from '#server/decisions/take-back'
import { router } from '../init'
import { permitted, publicProcedure } from '../procedures'

const filter = z.object({
  projectId: z.uuid().optional(),
  requirementId: z.uuid().optional(),
  taskId: z.uuid().optional(),
})

const one = z.object({ decisionId: z.uuid() })

export const decisionsRouter = router({
  open: permitted('decision.read')
    .input(filter)
    .query(({ ctx, input }) => openDecisions(ctx.scope, input, new Date())),

  closed: permitted('decision.read')
    .input(filter)
    .query(({ ctx, input }) => closedDecisions(ctx.scope, input)),

  count: permitted('decision.read').query(({ ctx }) => countOpenDecisions(ctx.scope)),

  one: permitted('decision.read')
    .input(one)
    .query(({ ctx, input }) => findDecision(ctx.scope, input.decisionId)),

  answer: permitted('decision.answer')
    .input(answerSchema)
    .mutation(async ({ ctx, input }) => {
      await answerDecision(ctx.scope, { ...input, via: ctx.token ? 'api' : 'page' })
      return findDecision(ctx.scope, input.decisionId)
    }),

  undo: permitted('decision.answer')
    .input(one)
    .mutation(async ({ ctx, input }) => {
      await undoAnswer(ctx.scope, input)
      return findDecision(ctx.scope, input.decisionId)
    }),

  delegate: permitted('decision.delegate')
    .input(delegateSchema)
    .mutation(({ ctx, input }) => delegateDecision(ctx.scope, input)),

  snooze: permitted('decision.read')
    .input(snoozeSchema)
    .mutation(({ ctx, input }) => snoozeDecision(ctx.scope, input)),

  wake: permitted('decision.read')
    .input(one)
    .mutation(({ ctx, input }) => wakeDecision(ctx.scope, input.decisionId)),

  hold: permitted('decision.answer')
    .input(one.extend({ held: z.boolean() }))
    .mutation(({ ctx, input }) => holdDecision(ctx.scope, input)),

  withdraw: permitted('decision.withdraw')
    .input(withdrawSchema)
    .mutation(({ ctx, input }) => withdrawDecision(ctx.scope, input)),

  /** Looking at a link never answers. */
  behindLink: publicProcedure
    .input(z.object({ token: linkTokenSchema }))
    .query(({ ctx, input }) => decisionBehindLink(input.token, ctx.user?.id ?? null)),

  answerByLink: publicProcedure
    .input(linkAnswerSchema)
    .mutation(({ ctx, input }) => answerByLink(input.token, ctx.user?.id ?? null, input)),

  undoByLink: publicProcedure
    .input(z.object({ token: linkTokenSchema }))
    .mutation(({ ctx, input }) => undoByLink(input.token, ctx.user?.id ?? null)),

  precedents: permitted('precedent.read').query(({ ctx }) => precedentOverview(ctx.scope)),

  backtest: permitted('precedent.read')
    .input(precedentChangeSchema.pick({ kind: true, threshold: true }))
    .query(({ ctx, input }) => backtestKind(ctx.scope, input.kind, input.threshold)),

  changePrecedents: permitted('precedent.change')
    .input(precedentChangeSchema)
    .mutation(({ ctx, input }) => changePrecedents(ctx.scope, input)),
})
