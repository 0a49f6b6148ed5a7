import { z } from 'zod'
import { listActivity } from '#server/audit/queries'
import { router } from '../init'
import { permitted } from '../procedures'

export const activityRouter = router({
  list: permitted('event.read')
    .input(
      z.object({
        projectId: z.uuid().optional(),
        requirementId: z.uuid().optional(),
        taskId: z.uuid().optional(),
        before: z
          .string()
          .regex(/^\d{1,18}$/)
          .optional(),
        limit: z.number().int().min(1).max(200).default(100),
      }),
    )
    .query(({ ctx, input: { limit, before, ...about } }) =>
      listActivity(ctx.scope, { ...about, before: before === undefined ? undefined : BigInt(before) }, limit),
    ),
})
