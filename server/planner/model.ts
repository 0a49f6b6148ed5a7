import { z } from 'zod'
import { capabilitySchema } from '#server/agents/model'

/**
 * The plan as a model writes it. Every field is required and nothing is constrained beyond its type, because neither
 * provider enforces lengths or patterns in structured output; rules/plan-check holds the real conditions.
 */
const taskKinds = ['analyze', 'implement', 'test', 'review', 'integrate'] as const
const taskKindSchema = z.enum(taskKinds)
export type TaskKind = z.infer<typeof taskKindSchema>

const acceptanceSchema = z.strictObject({
  id: z.string().describe('A1, A2 … unique within the task'),
  text: z.string().describe('what this shows, in one sentence'),
  command: z.string().describe('run by /bin/sh in the project root, without network; exit code 0 means passed'),
  proves: z.array(z.string()).describe('statement refs (S1 …) that this command proves when it passes'),
})
export type Acceptance = z.infer<typeof acceptanceSchema>

const planTaskSchema = z.strictObject({
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

const planQuestionSchema = z.strictObject({
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

/** Seconds in which a change can be undone; what it ends or starts anew is final only afterwards. */
export const UNDO_SECONDS = 10

const ref = z.string().regex(/^T[1-9]\d{0,5}$/, 'Name a task by its ref: T1, T2 …')
const refs = z.array(ref).max(50)
const globs = z.array(z.string().trim().min(1).max(300)).max(50)
const words = (most: number) => z.string().trim().min(1).max(most)
const reason = z.string().trim().max(500).optional()
const newAcceptance = z.object({
  text: words(500),
  command: words(4_000),
  proves: z.array(z.string().max(20)).max(100).default([]),
})
const task = { task: ref }

/** Changes of tasks. Several can be made at once: they count together, all or nothing. */
const taskChangeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pause-task'), ...task }),
  z.object({ kind: z.literal('resume-task'), ...task }),
  /** The task ends, and with it what builds on it. */
  z.object({ kind: z.literal('cancel-task'), ...task, reason }),
  /** The task is left out; what waited for it goes on without it. */
  z.object({ kind: z.literal('skip'), ...task, reason }),
  /** A task that has not begun leaves the plan. */
  z.object({ kind: z.literal('remove'), ...task }),
  z.object({ kind: z.literal('retry'), ...task, instructions: words(20_000).optional(), agentId: z.uuid().optional() }),
  z.object({ kind: z.literal('reassign'), ...task, agentId: z.uuid() }),
  z.object({
    kind: z.literal('add'),
    title: words(200),
    taskKind: taskKindSchema,
    capability: capabilitySchema,
    instructions: words(20_000),
    dependsOn: refs.default([]),
    /** tasks that wait for the new one */
    before: refs.default([]),
    statements: z.array(z.string().max(20)).max(200).default([]),
    owns: globs.min(1),
    reads: globs.default([]),
    acceptance: z.array(newAcceptance).min(1).max(12),
    risk: z.enum(['low', 'medium', 'high']).default('low'),
  }),
  /** New tasks are put before this one and take parts of its work; it keeps the rest and its own checks. */
  z.object({
    kind: z.literal('split'),
    ...task,
    parts: z
      .array(z.object({ title: words(200), instructions: words(20_000), acceptance: z.array(newAcceptance).min(1) }))
      .min(1)
      .max(6),
    /** what remains for the task itself */
    instructions: words(20_000).optional(),
  }),
  z.object({
    kind: z.literal('reorder'),
    ...task,
    dependsOn: refs.optional(),
    /** 0 is the first place */
    position: z.number().int().min(0).max(10_000).optional(),
  }),
  z.object({
    kind: z.literal('edit'),
    ...task,
    title: words(200).optional(),
    instructions: words(20_000).optional(),
    dependsOn: refs.optional(),
    owns: globs.min(1).optional(),
    reads: globs.optional(),
    acceptance: z.array(newAcceptance).min(1).max(12).optional(),
    risk: z.enum(['low', 'medium', 'high']).optional(),
    capability: capabilitySchema.optional(),
  }),
])
export type TaskChange = z.infer<typeof taskChangeSchema>

/** What people can do to a requirement as a whole. */
const requirementChangeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pause'), reason }),
  z.object({ kind: z.literal('resume') }),
  z.object({ kind: z.literal('cancel'), reason }),
])

export const taskChangesSchema = z.array(taskChangeSchema).min(1).max(100)

/** Everything a person can change while agents are at work. */
export const changeSchema = z.union([
  requirementChangeSchema,
  z.object({ kind: z.literal('revise'), changes: taskChangesSchema }),
])
export type Change = z.infer<typeof changeSchema>
