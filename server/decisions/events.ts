import { z } from 'zod'
import { decisionKindSchema } from './model'

const asked = { kind: decisionKindSchema, question: z.string() }

export const decisionEvents = {
  'decision.raised': z.object(asked),
  'decision.answered': z.object({ ...asked, option: z.string(), label: z.string() }),
}
