import { z } from 'zod'
import { impacts, policyLevels, receivers, signalActions, signalKinds, sourceKinds, urgencies } from './model'

const signal = { signalId: z.string(), title: z.string() }
const judged = { kind: z.enum(signalKinds), urgency: z.enum(urgencies), impact: z.enum(impacts) }
const sourceOf = { sourceId: z.string(), kind: z.enum(sourceKinds), label: z.string() }

export const signalEvents = {
  'signal.raised': z.object({
    ...judged,
    title: z.string(),
    detail: z.string(),
    /** missing in events from before signals had a pipeline */
    signalId: z.string().optional(),
    source: z.string().optional(),
    url: z.string().optional(),
    external: z.boolean().optional(),
    /** the type of our own event that was worth it */
    cause: z.string().optional(),
    routedTo: z.enum(receivers).optional(),
    routedToId: z.string().nullable().optional(),
    routedToName: z.string().optional(),
    action: z.enum(signalActions).optional(),
    /** 1 at first; a closed signal that came again was opened again */
    round: z.number().optional(),
    /** part of a burst that another signal speaks for */
    grouped: z.boolean().optional(),
    /** it was open already and got worse: what it was before */
    escalated: z.object({ urgency: z.enum(urgencies), impact: z.enum(impacts) }).optional(),
    muted: z.boolean().optional(),
  }),
  /** no rule knows it: an agent is asked */
  'signal.undecided': z.object({ ...signal, detail: z.string() }),
  'signal.repeated': z.object({ ...signal, count: z.number() }),
  'signal.acted': z.object({ ...signal, action: z.enum(signalActions), why: z.string() }),
  'signal.corrected': z.object({ ...signal, ...judged, before: z.object(judged) }),
  'signal.judged': z.object({ ...signal, right: z.boolean(), ruleId: z.string() }),
  'signal.closed': z.object({ ...signal, reason: z.string() }),
  'signal.muted': z.object({ ...signal, topic: z.string() }),
  'signal.unmuted': z.object({ topic: z.string(), title: z.string() }),
  'signal-source.added': z.object(sourceOf),
  'signal-source.changed': z.object({ ...sourceOf, enabled: z.boolean() }),
  'signal-source.rotated': z.object(sourceOf),
  'signal-policy.changed': z.object({
    external: z.enum(policyLevels),
    internal: z.enum(policyLevels),
    holdWork: z.boolean(),
    agentCallsPerDay: z.number(),
  }),
}
