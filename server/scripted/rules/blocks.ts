import { z } from 'zod'
import type { Conversation } from '#server/scripted/model'

/** Blocks by name: the JSON values of their lines. Lines that are no JSON are kept as text. */
export type Blocks = Readonly<Record<string, readonly unknown[]>>

const pattern = /<([a-z][a-z_-]*)>([\s\S]*?)<\/\1>/g

/**
 * Reads the prompt blocks of a text. Tolerant: unknown blocks are kept, broken lines become strings, the first block
 * of a name wins. `<` is escaped inside the values, so no value can open or close a block.
 */
export function readBlocks(text: string): Blocks {
  const blocks: Record<string, readonly unknown[]> = {}
  for (const [, name, content] of text.matchAll(pattern)) {
    if (name === undefined || content === undefined || Object.hasOwn(blocks, name)) continue
    const lines = content.split('\n').flatMap((line) => (line.trim() ? [readLine(line.trim())] : []))
    Object.defineProperty(blocks, name, { value: lines, enumerable: true })
  }
  return blocks
}

function readLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return line
  }
}

const text = z.string().catch('')
const texts = z.array(z.string()).catch([])

const statementSchema = z.object({
  ref: z.string(),
  kind: z.enum(['behaviour', 'constraint', 'quality', 'context']).catch('behaviour'),
  section: text,
  text,
})
const answerSchema = z.object({ question: text, answer: text, comment: text })
const requirementSchema = z.object({ title: text, text })
const acceptanceSchema = z.object({ id: text, text, command: text, proves: texts })
const taskSchema = z.object({
  ref: text,
  title: text,
  kind: text,
  instructions: text,
  statements: texts,
  owns: texts,
  reads: texts,
  acceptance: z.array(acceptanceSchema).catch([]),
})
const evidenceSchema = z.object({
  acceptanceId: text,
  command: text,
  exitCode: z.number().nullable().catch(null),
  output: text,
  proves: texts,
  todo: texts,
})
const diffSchema = z.object({ text, truncated: z.boolean().catch(false) })
const problemSchema = z.object({ code: text, path: text, message: text })

export type TaskBlock = z.infer<typeof taskSchema>
export type EvidenceBlock = z.infer<typeof evidenceSchema>
export type ProblemBlock = z.infer<typeof problemSchema>
type StatementBlock = z.infer<typeof statementSchema>

/** The facts of a prompt, whatever of them is there. */
export interface Brief {
  purpose: string | null
  requirement: z.infer<typeof requirementSchema>
  statements: StatementBlock[]
  answers: z.infer<typeof answerSchema>[]
  capabilities: string[]
  task: TaskBlock | null
  evidence: EvidenceBlock[]
  diff: z.infer<typeof diffSchema>
  feedback: string
  problems: ProblemBlock[]
}

function each<Item>(schema: z.ZodType<Item>, values: readonly unknown[] | undefined): Item[] {
  return (values ?? []).flatMap((value) => {
    const parsed = schema.safeParse(value)
    return parsed.success ? [parsed.data] : []
  })
}

export function readBrief(prompt: string): Brief {
  const blocks = readBlocks(prompt)
  const purpose = blocks.purpose?.[0]
  return {
    purpose: typeof purpose === 'string' ? purpose : null,
    requirement: each(requirementSchema, blocks.requirement)[0] ?? { title: '', text: '' },
    statements: each(statementSchema, blocks.statements),
    answers: each(answerSchema, blocks.answers),
    capabilities: each(texts, blocks.capabilities)[0] ?? [],
    task: each(taskSchema, blocks.task)[0] ?? null,
    evidence: each(evidenceSchema, blocks.evidence),
    diff: each(diffSchema, blocks.diff)[0] ?? { text: '', truncated: false },
    feedback: each(z.object({ text }), blocks.feedback)
      .map((item) => item.text)
      .join('\n'),
    problems: each(problemSchema, blocks.problems),
  }
}

/** The briefs of a conversation in order: user texts that name a purpose. */
export function briefsOf(conversation: Conversation): Brief[] {
  return conversation.turns.flatMap((turn) => {
    if (turn.role !== 'user') return []
    const brief = readBrief(turn.text)
    return brief.purpose === null ? [] : [brief]
  })
}

/** What the conversation is about now: the purpose named last. */
export function purposeOf(conversation: Conversation): string | null {
  return briefsOf(conversation).at(-1)?.purpose ?? null
}
