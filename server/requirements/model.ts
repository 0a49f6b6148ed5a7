import { z } from 'zod'

/** Bytes of UTF-8 a requirement may have. */
export const MAX_TEXT_BYTES = 1_000_000

export const requirementStatuses = [
  'submitted',
  'planning',
  'plan_review',
  'in_progress',
  'done',
  'partly_done',
  'failed',
  'cancelled',
] as const
export const requirementStatusSchema = z.enum(requirementStatuses)
export type RequirementStatus = z.infer<typeof requirementStatusSchema>

/** True when nothing will change it any more. */
export function isClosed(status: RequirementStatus): boolean {
  return status === 'done' || status === 'partly_done' || status === 'failed' || status === 'cancelled'
}

const outcomes = ['open', 'proven', 'asked', 'not_built'] as const
export type Outcome = (typeof outcomes)[number]

export const sources = ['page', 'api', 'sample', 'demo', 'signal'] as const

export const submitSchema = z.object({
  projectId: z.uuid(),
  title: z.string().trim().max(200).optional(),
  text: z.string(),
  idempotencyKey: z.string().min(1).max(200).optional(),
  source: z.enum(sources),
})
export type SubmitInput = z.infer<typeof submitSchema>
