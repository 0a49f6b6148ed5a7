import { router } from './init'
import { liveRouter } from './live'
import { activityRouter } from './routers/activity'
import { agentsRouter } from './routers/agents'
import { apiKeysRouter } from './routers/api-keys'
import { authRouter } from './routers/auth'
import { budgetsRouter } from './routers/budgets'
import { decisionsRouter } from './routers/decisions'
import { filesRouter } from './routers/files'
import { integrationsRouter } from './routers/integrations'
import { membersRouter } from './routers/members'
import { notificationsRouter } from './routers/notifications'
import { overviewRouter } from './routers/overview'
import { projectsRouter } from './routers/projects'
import { requirementsRouter } from './routers/requirements'
import { secretsRouter } from './routers/secrets'
import { signalsRouter } from './routers/signals'
import { tasksRouter } from './routers/tasks'

export const appRouter = router({
  activity: activityRouter,
  agents: agentsRouter,
  apiKeys: apiKeysRouter,
  auth: authRouter,
  budgets: budgetsRouter,
  decisions: decisionsRouter,
  files: filesRouter,
  integrations: integrationsRouter,
  live: liveRouter,
  members: membersRouter,
  notifications: notificationsRouter,
  overview: overviewRouter,
  projects: projectsRouter,
  requirements: requirementsRouter,
  secrets: secretsRouter,
  signals: signalsRouter,
  tasks: tasksRouter,
})

export type AppRouter = typeof appRouter
