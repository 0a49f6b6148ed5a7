import { z } from 'zod'
import { taskMerges } from '#server/merges/queries'
import { taskChecks } from '#server/proofs/queries'
import { findRequirement } from '#server/requirements/queries'
import { runLog, runTurns, taskRuns } from '#server/runs/queries'
import { findTask, requirementTasks } from '#server/tasks/queries'
import { router } from '../init'
import { permitted } from '../procedures'

const one = z.object({ taskId: z.uuid() })

export const tasksRouter = router({
  ofRequirement: permitted('task.read')
    .input(z.object({ requirementId: z.uuid() }))
    .query(async ({ ctx, input }) => {
      await findRequirement(ctx.scope, input.requirementId)
      return requirementTasks(ctx.scope, input.requirementId)
    }),

  one: permitted('task.read')
    .input(one)
    .query(async ({ ctx, input }) => {
      const task = await findTask(ctx.scope, input.taskId)
      const [runs, merges] = await Promise.all([taskRuns(ctx.scope, input.taskId), taskMerges(ctx.scope, input.taskId)])
      return { ...task, runs, merges }
    }),

  checks: permitted('task.read')
    .input(one)
    .query(async ({ ctx, input }) => {
      await findTask(ctx.scope, input.taskId)
      return taskChecks(ctx.scope, input.taskId)
    }),

  turns: permitted('task.read')
    .input(z.object({ runId: z.uuid() }))
    .query(({ ctx, input }) => runTurns(ctx.scope, input.runId)),

  log: permitted('task.read')
    .input(z.object({ runId: z.uuid(), after: z.number().int().min(-1) }))
    .query(({ ctx, input }) => runLog(ctx.scope, input.runId, input.after)),
})
