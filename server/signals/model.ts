import { z } from 'zod'

export const signalKinds = ['requirement', 'decision_needed', 'innovation', 'quality_issue', 'integration'] as const
export const signalKindSchema = z.enum(signalKinds)
export type SignalKind = z.infer<typeof signalKindSchema>

export const urgencies = ['now', 'today', 'whenever'] as const
export const urgencySchema = z.enum(urgencies)
export type Urgency = z.infer<typeof urgencySchema>

/** How far it reaches. */
export const impacts = ['organization', 'project', 'requirement', 'task'] as const
export const impactSchema = z.enum(impacts)
export type Impact = z.infer<typeof impactSchema>

/** How much work it is likely to be. */
const sizes = ['small', 'medium', 'large'] as const
export type Size = (typeof sizes)[number]

export const receivers = ['agent', 'person', 'group', 'nobody'] as const
export const receiverSchema = z.enum(receivers)
export type Receiver = (typeof receivers)[number]

export const signalActions = [
  'none',
  'notification',
  'proposal',
  'decision',
  'requirement',
  'task',
  'resolution',
] as const
export type SignalAction = (typeof signalActions)[number]

/** record: only the stream. ask: proposals and questions to people. act: also new requirements and tasks sent back. */
export const policyLevels = ['record', 'ask', 'act'] as const
export const policyLevelSchema = z.enum(policyLevels)
export type PolicyLevel = z.infer<typeof policyLevelSchema>

/** Bytes of a delivery from which on nothing is done with it that its sender would wait for. */
export const LARGE_BODY = 256_000

export const sourceKinds = [
  'github',
  'gitlab',
  'jenkins',
  'alertmanager',
  'grafana',
  'sentry',
  'cdevents',
  'generic',
  'sarif',
] as const
export const sourceKindSchema = z.enum(sourceKinds)
export type SourceKind = z.infer<typeof sourceKindSchema>

/** Where a field of a generic payload lies: names and indexes joined by dots, like `alert.labels.0.name`. */
const pathSchema = z.string().trim().max(200).default('')

export const mappingSchema = z.object({
  title: pathSchema,
  detail: pathSchema,
  url: pathSchema,
  severity: pathSchema,
  /** the same thing reported again has the same value here */
  subject: pathSchema,
  /** a value like "resolved", "ok" or "closed" here closes the signal */
  status: pathSchema,
  /** what such payloads are, when all of them are the same */
  kind: z.enum(['', ...signalKinds]).default(''),
})
export type Mapping = z.infer<typeof mappingSchema>

export const noMapping: Mapping = { title: '', detail: '', url: '', severity: '', subject: '', status: '', kind: '' }

export interface SignalPolicyView {
  external: PolicyLevel
  internal: PolicyLevel
  holdWork: boolean
  agentCallsPerDay: number
}

/** Outside asks people; nothing is made without them. */
export const defaultPolicy: SignalPolicyView = {
  external: 'ask',
  internal: 'ask',
  holdWork: true,
  agentCallsPerDay: 20,
}

const ofProject = { projectId: z.uuid() }
const ofSignal = { signalId: z.uuid() }

export const signalFilter = z.object({
  ...ofProject,
  kind: signalKindSchema.optional(),
  urgency: urgencySchema.optional(),
  status: z.enum(['open', 'closed', 'muted', 'all']).default('open'),
  source: z.string().max(40).optional(),
  before: z.iso.datetime().optional(),
  limit: z.number().int().min(1).max(200).default(50),
})
export type SignalFilter = z.infer<typeof signalFilter>

export const correctInput = z.object({
  ...ofSignal,
  kind: signalKindSchema,
  urgency: urgencySchema,
  impact: impactSchema,
  /** whom such signals go to from now on; empty leaves it to the rules */
  routedTo: z.enum(['', 'group', 'nobody']).default(''),
})
export type CorrectInput = z.infer<typeof correctInput>

export const oneSignalInput = z.object(ofSignal)
export const judgeInput = z.object({ ...ofSignal, right: z.boolean() })
export const closeInput = z.object({ ...ofSignal, reason: z.string().trim().max(500).default('') })
export const turnInput = z.object({
  ...ofSignal,
  title: z.string().trim().min(1).max(200).optional(),
  text: z.string().min(1).max(100_000).optional(),
})
export const unmuteInput = z.object({ ...ofProject, muteId: z.uuid() })

export const policyInput = z.object({
  ...ofProject,
  external: policyLevelSchema,
  internal: policyLevelSchema,
  holdWork: z.boolean(),
  agentCallsPerDay: z.number().int().min(0).max(1_000),
})
export type PolicyInput = z.infer<typeof policyInput>

export const addSourceInput = z.object({
  ...ofProject,
  kind: sourceKindSchema,
  label: z.string().trim().min(1, 'Please give it a name.').max(80),
  /** some tools make the secret themselves; without one we make it */
  secret: z.string().min(12, 'A secret has at least 12 characters.').max(500).optional(),
  mapping: mappingSchema.optional(),
  ownAccounts: z.array(z.string().trim().min(1).max(100)).max(20).default([]),
})
export type AddSourceInput = z.input<typeof addSourceInput>

export const changeSourceInput = z.object({
  sourceId: z.uuid(),
  label: z.string().trim().min(1).max(80).optional(),
  enabled: z.boolean().optional(),
  mapping: mappingSchema.optional(),
  ownAccounts: z.array(z.string().trim().min(1).max(100)).max(20).optional(),
})
export type ChangeSourceInput = z.input<typeof changeSourceInput>

export const oneSourceInput = z.object({ sourceId: z.uuid() })
export const rotateSourceInput = z.object({ sourceId: z.uuid(), secret: z.string().min(12).max(500).optional() })
