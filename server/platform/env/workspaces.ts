import path from 'node:path'
import { z } from 'zod'
import { environmentFragment } from './read'

/** Where project repositories, worktrees and indexes are kept on disk. Relative paths start at the current folder. */
export const workspaceEnvironment = environmentFragment({
  ORCHESTRATOR_DATA: z
    .string()
    .default('.data')
    .transform((directory) => path.resolve(directory))
    .describe('set it to a folder this process may write to'),
})
