import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { changePlan, undoChange } from '#server/planner/changes'
import { changeSchema, taskChangesSchema } from '#server/planner/model'
import { editablePlan, listChanges, openChangeOf, previewChange } from '#server/planner/queries'
import { statementEvidence } from '#server/proofs/queries'
import { submitRequirement } from '#server/requirements/commands'
import { submitSchema } from '#server/requirements/model'
import { findRequirement, listRequirements, projectHeading } from '#server/requirements/queries'
import { planningRuns, requirementCost } from '#server/runs/queries'
import { listPlans, requirementNext, taskProgress } from '#server/tasks/queries'
import { router } from '../init'
import { permitted } from '../procedures'

const ofProject = z.object({ projectId: z.uuid() })
const one = z.object({ requirementId: z.uuid() })
const withReason = one.extend({ reason: z.string().trim().max(500).optional() })

export const requirementsRouter = router({
  list: permitted('requirement.read')
    .input(ofProject)
    .query(async ({ ctx, input }) => {
      const [project, rows] = await Promise.all([
        projectHeading(ctx.scope, input.projectId),
        listRequirements(ctx.scope, input.projectId),
      ])
      const progress = await taskProgress(
        ctx.scope,
        rows.map((row) => row.id),
      )
      const counts = new Map(progress.map((entry) => [entry.requirementId, entry]))
      return {
        project,
        requirements: rows.map((row) => ({
          ...row,
          tasks: counts.get(row.id)?.tasks ?? 0,
          tasksDone: counts.get(row.id)?.done ?? 0,
        })),
      }
    }),

  one: permitted('requirement.read')
    .input(one)
    .query(async ({ ctx, input }) => {
      const requirement = await findRequirement(ctx.scope, input.requirementId)
      const [plans, cost, acting] = await Promise.all([
        listPlans(ctx.scope, input.requirementId),
        requirementCost(ctx.scope, input.requirementId),
        requirementNext(ctx.scope, input.requirementId),
      ])
      const { next, pausedBy, pausedAt } = acting ?? { next: null, pausedBy: null, pausedAt: null }
      return { ...requirement, plans, cost, next, pausedBy, pausedAt }
    }),

  evidence: permitted('requirement.read')
    .input(one)
    .query(({ ctx, input }) => statementEvidence(ctx.scope, input.requirementId)),

  planningRuns: permitted('requirement.read')
    .input(one)
    .query(({ ctx, input }) => planningRuns(ctx.scope, input.requirementId)),

  submit: permitted('requirement.submit')
    .input(submitSchema.omit({ source: true }))
    .mutation(({ ctx, input }) => submitRequirement(ctx.scope, { ...input, source: ctx.token ? 'api' : 'page' })),

  submitSample: permitted('requirement.submit')
    .input(ofProject)
    .mutation(async ({ ctx, input }) => {
      const text = await readFile(path.join(process.cwd(), 'samples', 'task-board.md'), 'utf8')
      return submitRequirement(ctx.scope, { projectId: input.projectId, text, source: 'sample' })
    }),

  pause: permitted('requirement.change')
    .input(withReason)
    .mutation(({ ctx, input: { requirementId, reason } }) =>
      changePlan(ctx.scope, { requirementId, change: { kind: 'pause', reason } }),
    ),

  resume: permitted('requirement.change')
    .input(one)
    .mutation(({ ctx, input: { requirementId } }) =>
      changePlan(ctx.scope, { requirementId, change: { kind: 'resume' } }),
    ),

  /** Stops at once; final when nobody undoes it in time. */
  cancel: permitted('requirement.cancel')
    .input(withReason)
    .mutation(({ ctx, input: { requirementId, reason } }) =>
      changePlan(ctx.scope, { requirementId, change: { kind: 'cancel', reason } }),
    ),

  /** The present plan as the editor shows it. */
  plan: permitted('task.read')
    .input(one)
    .query(({ ctx, input }) => editablePlan(ctx.scope, input.requirementId)),

  changes: permitted('task.read')
    .input(one)
    .query(({ ctx, input }) => listChanges(ctx.scope, input.requirementId)),

  /** What can still be undone; null most of the time. */
  openChange: permitted('task.read')
    .input(one)
    .query(({ ctx, input }) => openChangeOf(ctx.scope, input.requirementId)),

  /** What a change would do, without doing it. Sent as a mutation because a change can be longer than an address. */
  previewChange: permitted('task.read')
    .input(one.extend({ change: changeSchema }))
    .mutation(({ ctx, input }) => previewChange(ctx.scope, input)),

  revise: permitted('task.change')
    .input(one.extend({ changes: taskChangesSchema, expectedRevision: z.number().int().min(1).optional() }))
    .mutation(({ ctx, input: { changes, ...rest } }) =>
      changePlan(ctx.scope, { ...rest, change: { kind: 'revise', changes } }),
    ),

  undo: permitted('requirement.change')
    .input(one.extend({ number: z.number().int().min(1).optional() }))
    .mutation(({ ctx, input }) => undoChange(ctx.scope, input)),
})
