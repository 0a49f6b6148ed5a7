import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { statementEvidence } from '#server/proofs/queries'
import { cancelRequirement, submitRequirement } from '#server/requirements/commands'
import { submitSchema } from '#server/requirements/model'
import { findRequirement, listRequirements, projectHeading } from '#server/requirements/queries'
import { planningRuns, requirementCost } from '#server/runs/queries'
import { listPlans, taskProgress } from '#server/tasks/queries'
import { router } from '../init'
import { permitted } from '../procedures'

const ofProject = z.object({ projectId: z.uuid() })
const one = z.object({ requirementId: z.uuid() })

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
      const [plans, cost] = await Promise.all([
        listPlans(ctx.scope, input.requirementId),
        requirementCost(ctx.scope, input.requirementId),
      ])
      return { ...requirement, plans, cost }
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

  cancel: permitted('requirement.cancel')
    .input(one)
    .mutation(({ ctx, input }) => cancelRequirement(ctx.scope, input)),
})
