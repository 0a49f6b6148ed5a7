import { z } from 'zod'
import { environmentFragment } from './read'

/** Which isolation agents' commands get. Nothing set means: bubblewrap, or no commands at all. */
export const sandboxEnvironment = environmentFragment({
  SANDBOX_PROVIDER: z
    .enum(['bubblewrap', 'none'])
    .default('bubblewrap')
    .describe(
      'leave it out or set it to `bubblewrap`; `none` switches isolation off and needs SANDBOX_NONE_I_ACCEPT_RISK as well',
    ),
  SANDBOX_NONE_I_ACCEPT_RISK: z
    .string()
    .optional()
    .describe('set it to the name of this machine, and only together with SANDBOX_PROVIDER=none'),
})
