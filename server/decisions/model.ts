import { z } from 'zod'
import { type Role, roleSchema } from '#server/auth/model'

export const decisionKinds = [
  'plan_approval',
  'plan_failed',
  'agent_question',
  'no_agent',
  'task_failed',
  'merge_conflict',
  'sandbox_missing',
  'risky_call',
  'budget_wall',
  'signal',
] as const
export const decisionKindSchema = z.enum(decisionKinds)
export type DecisionKind = z.infer<typeof decisionKindSchema>

/** How an answer came in: from a page, a link, a Slack button or a program; or by the default, or by precedent. */
export const answeredVias = ['page', 'link', 'slack', 'api', 'default', 'precedent'] as const
export type AnsweredVia = (typeof answeredVias)[number]
/** Answers people gave. Only these are precedents. */
export const humanVias: readonly AnsweredVia[] = ['page', 'link', 'slack', 'api']

const optionSchema = z.object({
  id: z.string().min(1).max(60),
  label: z.string().min(1).max(200),
  consequence: z.string().max(1_000),
  /** null when nobody has said so: an agent's own options */
  reversible: z.boolean().nullable(),
  /** what choosing it changes, in millionths of a US dollar and milliseconds; left out when unknown */
  costMicroUsd: z.number().int().optional(),
  timeMs: z.number().int().optional(),
})
export type Option = z.infer<typeof optionSchema>
export const optionsSchema = z.array(optionSchema).min(1).max(4)

/** What waits for an answer. */
export const blocksSchema = z.object({
  /** unfinished tasks that can't go on, directly or because they build on one that can't */
  tasks: z.number().int().nonnegative().default(0),
  refs: z.array(z.string()).default([]),
  /** milliseconds of work that can only begin after the answer, along the longest path; null when nobody knows */
  pathMs: z.number().nonnegative().nullable().default(null),
  /** milliseconds the answer may take before the requirement ends later; null when nobody knows */
  slackMs: z.number().nonnegative().nullable().default(null),
})
export type Blocks = z.infer<typeof blocksSchema>

/** The situation a question was raised in: what makes two decisions alike. Unknown parts are left out. */
export const featuresSchema = z.object({
  kind: z.string(),
  options: z.array(z.string()),
  recommended: z.string().nullable().default(null),
  projectId: z.string().nullable().default(null),
  capability: z.string().nullable().default(null),
  risk: z.string().nullable().default(null),
  agentRole: z.string().nullable().default(null),
  errorClass: z.string().nullable().default(null),
  /** a further mark of the kind: the sort of risky call, the budget's level, the signal's kind */
  mark: z.string().nullable().default(null),
  attempt: z.number().nullable().default(null),
  costMicroUsd: z.number().nullable().default(null),
  blockedTasks: z.number().nullable().default(null),
  words: z.array(z.string()).default([]),
})
export type Features = z.infer<typeof featuresSchema>

/** What similar decisions ended with. */
export const predictionSchema = z.object({
  option: z.string(),
  /** calibrated: of predictions with 0.8, about 8 in 10 were what people then chose */
  confidence: z.number().min(0).max(1),
  /** the share of similar cases before calibration */
  raw: z.number().min(0).max(1),
  /** earlier decisions that were compared */
  compared: z.number().int(),
  cases: z.array(
    z.object({
      decisionId: z.string(),
      question: z.string(),
      option: z.string(),
      answeredBy: z.string(),
      similarity: z.number(),
    }),
  ),
})
export type Prediction = z.infer<typeof predictionSchema>

/** What raising a decision takes. */
export interface DecisionDraft {
  projectId: string
  requirementId?: string
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
  /** taken by itself after `defaultAfterMs`; never an irreversible one */
  defaultOption?: string
  defaultAfterMs?: number
  /** only for questions that no work waits for: after this they end as expired */
  expiresAfterMs?: number
  /** the lowest role that may answer; member unless said otherwise */
  answerRole?: Role
  /** when given, only these people may answer (and admins) */
  answererIds?: string[]
  assigneeId?: string
  /** who goes on after the answer, in words: "Implementer goes on with T3." */
  resumes?: string
  /** what is known of the situation beyond what the rows say */
  features?: Partial<Pick<Features, 'errorClass' | 'mark' | 'attempt' | 'costMicroUsd' | 'agentRole'>>
}

export const answerSchema = z.object({
  decisionId: z.uuid(),
  option: z.string().min(1).max(60),
  comment: z.string().max(4_000).default(''),
})
/**
 * `via` is said by the wire, never by the caller (a page unless it says otherwise); `version` refuses an answer to a
 * question that was put anew since.
 */
export type AnswerInput = z.infer<typeof answerSchema> & { via?: AnsweredVia; version?: number }

export const delegateSchema = z.object({ decisionId: z.uuid(), userId: z.uuid() })
/** Minutes a person does not want to see a decision: a quarter of an hour to a month. */
export const snoozeSchema = z.object({ decisionId: z.uuid(), minutes: z.number().int().min(15).max(43_200) })
export const withdrawSchema = z.object({ decisionId: z.uuid(), reason: z.string().max(1_000).default('') })

export const linkTokenSchema = z.string().min(1).max(200)
export const linkAnswerSchema = z.object({
  token: linkTokenSchema,
  pageToken: z.string().max(200),
  option: z.string().max(60),
  comment: z.string().max(4_000).default(''),
})

export const precedentModes = ['off', 'propose', 'auto'] as const
export type PrecedentMode = (typeof precedentModes)[number]
export const precedentChangeSchema = z.object({
  kind: decisionKindSchema,
  mode: z.enum(precedentModes),
  threshold: z.number().min(0.5).max(0.99).default(0.9),
})
export type PrecedentChange = z.infer<typeof precedentChangeSchema>

/** The role in a row, or the usual one when the row holds something else. */
export function answerRoleOf(text: string): Role {
  return roleSchema.safeParse(text).data ?? 'member'
}
