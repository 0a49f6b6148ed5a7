import { z } from 'zod'
import { answeredVias, decisionKindSchema, precedentModes } from './model'

const asked = { kind: decisionKindSchema, question: z.string() }
const chosen = { option: z.string(), label: z.string() }

export const decisionEvents = {
  'decision.raised': z.object({ ...asked, assignee: z.string().nullish(), deadline: z.string().nullish() }),
  'decision.predicted': z.object({ ...asked, ...chosen, confidence: z.number(), cases: z.number() }),
  'decision.answered': z.object({
    ...asked,
    ...chosen,
    via: z.enum(answeredVias).optional(),
    effectiveAt: z.string().optional(),
  }),
  'decision.undone': z.object({ ...asked, ...chosen, by: z.string(), answeredVia: z.string() }),
  'decision.delegated': z.object({ ...asked, to: z.string(), toName: z.string() }),
  'decision.snoozed': z.object({ ...asked, until: z.string() }),
  'decision.held': z.object({ ...asked, held: z.boolean() }),
  'decision.expired': z.object(asked),
  'decision.withdrawn': z.object({ ...asked, reason: z.string() }),
  'precedent.changed': z.object({ kind: decisionKindSchema, mode: z.enum(precedentModes), threshold: z.number() }),
  'precedent.demoted': z.object({ kind: decisionKindSchema, reason: z.string() }),
}
