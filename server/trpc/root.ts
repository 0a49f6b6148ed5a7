import { router } from './init'
import { liveRouter } from './live'
import { activityRouter } from './routers/activity'
import { agentsRouter } from './routers/agents'
import { apiKeysRouter } from './routers/api-keys'
import { authRouter } from './routers/auth'
import { decisionsRouter } from './routers/decisions'
import { filesRouter } from './routers/files'
import { membersRouter } from './routers/members'
import { overviewRouter } from './routers/overview'
import { projectsRouter } from './routers/projects'
import { requirementsRouter } from './routers/requirements'
import { secretsRouter } from './routers/secrets'
import { tasksRouter } from './routers/tasks'

export const appRouter = router({
  activity: activityRouter,
  agents: agentsRouter,
  apiKeys: apiKeysRouter,
  auth: authRouter,
  decisions: decisionsRouter,
  files: filesRouter,
  live: liveRouter,
  members: membersRouter,
  overview: overviewRouter,
  projects: projectsRouter,
  requirements: requirementsRouter,
  secrets: secretsRouter,
  tasks: tasksRouter,
})

export type AppRouter = typeof appRouter
