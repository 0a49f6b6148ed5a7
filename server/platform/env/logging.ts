import { z } from 'zod'
import { environmentFragment } from './read'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export const loggingEnvironment = environmentFragment({
  LOG_LEVEL: z
    .enum(LEVELS)
    .default('info')
    .describe(`set it to one of ${LEVELS.join(', ')}`),
  /** Which program of the product writes: `web`, `worker`, `scripted`. Set by the launcher. */
  ORCHESTRATOR_PROCESS: z.string().default('orchestrator').describe('set it to a short name of the process'),
})
