import { z } from 'zod'

/** The agent as it was when the run was made; the run keeps it whatever becomes of the agent. */
export const pinnedSchema = z.object({
  name: z.string(),
  role: z.string(),
  connector: z.string(),
  provider: z.string(),
  model: z.string(),
  baseUrl: z.string().nullable(),
  maxTurns: z.number().int(),
  /** tokens of one answer */
  maxOutputTokens: z.number().int(),
  maxToolCalls: z.number().int(),
  maxMinutes: z.number().int(),
})
export type PinnedAgent = z.infer<typeof pinnedSchema>

/** What of an agent's row a run keeps. */
export function pinned(agent: PinnedAgent): PinnedAgent {
  return pinnedSchema.parse(agent)
}
