import { z } from 'zod'
import { environmentFragment } from '#server/platform/env/read'

/** How the scripted provider's own process is set up. */
export const scriptedEnvironment = environmentFragment({
  SCRIPTED_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('set it to a port number, or to 0 for any free one'),
  SCRIPTED_HOST: z.string().default('127.0.0.1').describe('leave it out: only this machine should reach the server'),
  SCRIPTED_CONTROL: z
    .enum(['0', '1'])
    .default('0')
    .describe('set it to 1 in tests to switch the fault and journal addresses on'),
  SCRIPTED_PACE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(15)
    .describe('set it to the milliseconds between two pieces of text, or to 0 for none'),
})
