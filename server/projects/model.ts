import { z } from 'zod'
import { limitSchema } from '#server/kernel/limit'

/** scripted: the built-in provider that calls no model. live: real providers. A person chooses; nothing switches it. */
export const projectModeSchema = z.enum(['scripted', 'live'])
export type ProjectMode = z.infer<typeof projectModeSchema>

/** ask: each plan waits for a person. automatic: a plan that passes the checks is carried out. */
export const planApprovalSchema = z.enum(['ask', 'automatic'])
export type PlanApproval = z.infer<typeof planApprovalSchema>

/** ask: an agent's risky step waits for a person. allow: the sandbox, the checks and the review are enough. */
export const riskyCallsSchema = z.enum(['allow', 'ask'])
export type RiskyCalls = z.infer<typeof riskyCallsSchema>

/** Runs of agents at the same time; null is no limit of ours. */
export const maxConcurrentRunsSchema = limitSchema(10_000)

const projectNameSchema = z.string().trim().min(1, 'Give the project a name.').max(80)

export const createProjectInput = z.object({
  name: projectNameSchema,
  providerMode: projectModeSchema,
  planApproval: planApprovalSchema.default('ask'),
})
export type CreateProject = z.input<typeof createProjectInput>

export const changeProjectInput = z.object({
  projectId: z.uuid(),
  name: projectNameSchema.optional(),
  providerMode: projectModeSchema.optional(),
  planApproval: planApprovalSchema.optional(),
  riskyCalls: riskyCallsSchema.optional(),
  maxConcurrentRuns: maxConcurrentRunsSchema.optional(),
})
export type ChangeProject = z.infer<typeof changeProjectInput>

export interface ProjectSummary {
  id: string
  name: string
  slug: string
  providerMode: ProjectMode
  planApproval: PlanApproval
  riskyCalls: RiskyCalls
  maxConcurrentRuns: number | null
  createdAt: Date
}
