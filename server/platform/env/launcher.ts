import { z } from 'zod'
import { environmentFragment } from './read'

/** What the launcher tells the processes it starts. */
export const launcherEnvironment = environmentFragment({
  LAUNCHER_PID: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe('leave it out: the launcher sets it to its own process id'),
})
