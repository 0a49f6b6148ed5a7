import { z } from 'zod'
import { capabilitySchema } from '#server/agents/model'

/**
 * The plan as a model writes it. Every field is required and nothing is constrained beyond its type, because neither
 * provider enforces lengths or patterns in structured output; rules/plan-check holds the real conditions.
 */
export const taskKinds = ['analyze', 'implement', 'test', 'review', 'integrate'] as const
export const taskKindSchema = z.enum(taskKinds)
export type TaskKind = z.infer<typeof taskKindSchema>

export const acceptanceSchema = z.strictObject({
  id: z.string().describe('A1, A2 … unique within the task'),
  text: z.string().describe('what this shows, in one sentence'),
  command: z.string().describe('run by /bin/sh in the project root, without network; exit code 0 means passed'),
  proves: z.array(z.string()).describe('statement refs (S1 …) that this command proves when it passes'),
})
export type Acceptance = z.infer<typeof acceptanceSchema>

export const planTaskSchema = z.strictObject({
  id: z.string().describe('T1, T2 …'),
  title: z.string(),
  kind: taskKindSchema,
  capability: capabilitySchema,
  instructions: z.string().describe('what to build, precisely enough for an engineer who sees only this task'),
  dependsOn: z.array(z.string()),
  statements: z.array(z.string()).describe('statement refs this task works on'),
  owns: z.array(z.string()).describe('globs of the files this task alone may change'),
  reads: z.array(z.string()),
  acceptance: z.array(acceptanceSchema),
  risk: z.enum(['low', 'medium', 'high']),
  rationale: z.string(),
})
export type PlanTask = z.infer<typeof planTaskSchema>

export const planQuestionSchema = z.strictObject({
  statement: z.string().describe('the statement ref the question is about'),
  text: z.string(),
})

export const planSchema = z.strictObject({
  summary: z.string(),
  assumptions: z.array(z.string()),
  questions: z
    .array(planQuestionSchema)
    .describe('statements that cannot be built or proven as written; they are put to a person, not guessed'),
  tasks: z.array(planTaskSchema),
})
export type PlanContent = z.infer<typeof planSchema>
