import { z } from 'zod'
import type { Conversation } from '#server/scripted/model'
import { readBlocks } from '#server/scripted/rules/blocks'

const reportSchema = z.object({ title: z.string().catch(''), detail: z.string().catch('') })
export type Report = z.infer<typeof reportSchema>

/** The report that a conversation asks about: the last one named. */
export function reportOf({ turns }: Conversation): Report {
  const texts = turns.flatMap((turn) => (turn.role === 'user' ? [turn.text] : []))
  const [found] = texts.reverse().flatMap((text) => readBlocks(text).report ?? [])
  return reportSchema.safeParse(found).data ?? { title: '', detail: '' }
}
