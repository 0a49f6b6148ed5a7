import { z } from 'zod'

/** The agent's hands. Names and inputs as the model sees them; every property is required (strict tools). */
export const toolInputs = {
  list_files: z.strictObject({ path: z.string().describe('folder relative to the project root; "." for the root') }),
  read_file: z.strictObject({ path: z.string() }),
  write_file: z.strictObject({ path: z.string(), content: z.string() }),
  patch_file: z.strictObject({
    path: z.string(),
    search: z.string().describe('text that occurs exactly once in the file'),
    replace: z.string(),
  }),
  search_files: z.strictObject({ text: z.string().describe('literal text'), path: z.string() }),
  run_command: z.strictObject({
    command: z.string().describe('run by /bin/sh in the project root, in a sandbox without network'),
    timeout_seconds: z.number().int().min(1).max(600),
  }),
  ask_human: z.strictObject({
    question: z.string().describe('one question a person can answer with one choice'),
    why: z.string().describe('why it matters and what it blocks'),
    options: z.array(z.strictObject({ id: z.string(), label: z.string(), consequence: z.string() })).describe('2 to 4'),
    recommended: z.string().describe('the id of the option you would take'),
  }),
  emit_signal: z.strictObject({
    kind: z.enum(['requirement', 'decision_needed', 'innovation', 'quality_issue', 'integration']),
    title: z.string(),
    detail: z.string(),
  }),
  finish: z.strictObject({ summary: z.string().describe('what was built and what was left out, in plain words') }),
} as const

export type ToolName = keyof typeof toolInputs
export const toolNames = Object.keys(toolInputs) as ToolName[]
export type ToolInput<Name extends ToolName> = z.infer<(typeof toolInputs)[Name]>

export const runPurposes = ['plan', 'implement', 'review'] as const
export type RunPurpose = (typeof runPurposes)[number]

const runStatuses = ['queued', 'running', 'asking', 'paused', 'finished', 'failed', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]

/** What the reviewer answers, as structured output. */
export const reviewSchema = z.strictObject({
  verdict: z.enum(['approve', 'request_changes']),
  summary: z.string(),
  findings: z.array(
    z.strictObject({
      severity: z.enum(['must', 'should', 'note']),
      statement: z.string().describe('statement ref or empty'),
      path: z.string(),
      text: z.string(),
    }),
  ),
})
export type Review = z.infer<typeof reviewSchema>
