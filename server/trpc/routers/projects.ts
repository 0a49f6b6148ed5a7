import { z } from 'zod'
import { changeProject, createProject } from '#server/projects/commands'
import { changeProjectInput, createProjectInput, projectModeSchema } from '#server/projects/model'
import { findProject, listProjects } from '#server/projects/queries'
import { suggestedMode } from '#server/secrets/queries'
import { router } from '../init'
import { permitted } from '../procedures'

export const projectsRouter = router({
  list: permitted('project.read').query(({ ctx }) => listProjects(ctx.scope)),
  byId: permitted('project.read')
    .input(z.object({ projectId: z.string().min(1).max(100) }))
    .query(({ ctx, input }) => findProject(ctx.scope, input.projectId)),
  /** What a new project would use if nobody chose. */
  suggestedMode: permitted('project.read').query(({ ctx }) => suggestedMode(ctx.scope)),
  create: permitted('project.create')
    .input(createProjectInput.extend({ providerMode: projectModeSchema.optional() }))
    .mutation(async ({ ctx, input }) => {
      const providerMode = input.providerMode ?? (await suggestedMode(ctx.scope))
      return createProject(ctx.scope, { ...input, providerMode })
    }),
  change: permitted('project.change')
    .input(changeProjectInput)
    .mutation(({ ctx, input }) => changeProject(ctx.scope, input)),
})
