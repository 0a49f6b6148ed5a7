import { z } from 'zod'
import { projectFile, projectFiles, taskDiff } from '#server/merges/queries'
import { router } from '../init'
import { permitted } from '../procedures'

const place = z.object({
  projectId: z.uuid(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
})

export const filesRouter = router({
  list: permitted('task.read')
    .input(place)
    .query(({ ctx, input }) => projectFiles(ctx.scope, input)),

  read: permitted('task.read')
    .input(place.extend({ path: z.string().min(1).max(1_000) }))
    .query(({ ctx, input }) => projectFile(ctx.scope, input)),

  taskDiff: permitted('task.read')
    .input(z.object({ taskId: z.uuid() }))
    .query(({ ctx, input }) => taskDiff(ctx.scope, input.taskId)),
})
