import { z } from 'zod'
import { agentLines, projectLines, projectOverview, shellView } from '#server/scheduler/queries'
import { router } from '../init'
import { permitted } from '../procedures'

export const overviewRouter = router({
  shell: permitted('project.read').query(({ ctx }) => shellView(ctx.scope)),

  projects: permitted('project.read').query(({ ctx }) => projectLines(ctx.scope, new Date())),

  agents: permitted('agent.read').query(({ ctx }) => agentLines(ctx.scope, new Date())),

  project: permitted('project.read')
    .input(z.object({ projectId: z.uuid() }))
    .query(({ ctx, input }) => projectOverview(ctx.scope, input.projectId, new Date())),
})
