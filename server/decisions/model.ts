import { z } from 'zod'

export const decisionKinds = [
  'plan_approval',
  'plan_failed',
  'agent_question',
  'no_agent',
  'task_failed',
  'sandbox_missing',
] as const
export const decisionKindSchema = z.enum(decisionKinds)
export type DecisionKind = z.infer<typeof decisionKindSchema>

export const decisionStatuses = ['open', 'answered', 'withdrawn'] as const
export type DecisionStatus = (typeof decisionStatuses)[number]

export const optionSchema = z.object({
  id: z.string().min(1).max(60),
  label: z.string().min(1).max(200),
  consequence: z.string().max(1_000),
  /** null when nobody has said so: an agent's own options */
  reversible: z.boolean().nullable(),
})
export type Option = z.infer<typeof optionSchema>
export const optionsSchema = z.array(optionSchema).min(1).max(4)

/** What raising a decision takes. */
export interface DecisionDraft {
  projectId: string
  requirementId: string
  taskId?: string
  runId?: string
  kind: DecisionKind
  question: string
  why: string
  options: Option[]
  recommended: string
  recommendedWhy: string
  /** raised again with the same key it is the same decision */
  dedupeKey: string
}

export const answerSchema = z.object({
  decisionId: z.uuid(),
  option: z.string().min(1).max(60),
  comment: z.string().max(4_000).default(''),
})
export type AnswerInput = z.infer<typeof answerSchema>
