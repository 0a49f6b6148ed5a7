/** An event of the log as it arrives in the browser: numbers beyond 2^53 and dates are strings. */
export interface LiveEvent {
  sequence: string
  type: string
  projectId?: string | null
  requirementId?: string | null
  taskId?: string | null
  runId?: string | null
  decisionId?: string | null
  actor: { kind: string; id: string | null; name: string }
  payload: unknown
  at: string
}

/** What the stream carries besides its own `ready`: events, and nudges that a run's log has grown. */
export type LiveMessage = { type: 'event'; event: LiveEvent } | { type: 'log'; runId: string; sequence: number }

/** Where an event shows: tRPC paths; a path of one word means the whole router. */
const everywhere = ['overview', 'activity']
const rules: [prefix: string, paths: string[]][] = [
  ['requirement.', ['requirements']],
  ['plan.', ['requirements', 'tasks']],
  ['actor.', ['requirements', 'tasks']],
  ['task.', ['requirements', 'tasks']],
  ['run.', ['requirements', 'tasks', 'runs', 'agents', 'budgets']],
  ['proof.', ['requirements', 'tasks']],
  ['verification.', ['requirements', 'tasks']],
  ['merge.', ['requirements', 'tasks', 'files']],
  ['decision.', ['decisions', 'requirements', 'tasks', 'signals']],
  ['precedent.', ['decisions']],
  ['signal.', ['requirements', 'signals']],
  ['signal-source.', ['signals']],
  ['signal-policy.', ['signals']],
  ['notification.', ['notifications']],
  ['webhook.', ['integrations']],
  ['slack.', ['integrations', 'notifications']],
  ['project.', ['projects']],
  ['project-limit.', ['projects']],
  ['agent.', ['agents']],
  ['budget.', ['budgets']],
  ['provider-limit.', ['budgets']],
  ['organization-limit.', ['budgets']],
  ['price.', ['budgets']],
  ['credential.', ['secrets']],
  ['api-token.', ['apiKeys']],
  ['member.', ['auth', 'members']],
  ['invite.', ['members']],
]

/** tRPC paths whose answers may have changed by an event. Unknown types touch what shows every event. */
export function pathsTouchedBy(type: string): string[] {
  return [...everywhere, ...rules.flatMap(([prefix, paths]) => (type.startsWith(prefix) ? paths : []))]
}

const idNames = ['projectId', 'requirementId', 'taskId', 'runId', 'decisionId'] as const

/**
 * True when the answer of a query may have changed: its path is touched, and no id in its input names another thing
 * than the event does. A budget names its owner by `level` and `ownerId`.
 * @param queryKey as tRPC's adapter builds it: `[['room', 'procedure'], { input, type }]`
 */
export function isTouched(queryKey: readonly unknown[], event: LiveEvent): boolean {
  const [path, options] = queryKey as [unknown, { input?: Record<string, unknown> } | undefined]
  if (!Array.isArray(path)) return false
  const name = path.join('.')
  if (!pathsTouchedBy(event.type).some((touched) => name === touched || name.startsWith(`${touched}.`))) return false
  const input = options?.input ?? {}
  return idNames.every((id) => {
    const asked = input[id] ?? (id === `${input.level}Id` ? input.ownerId : undefined)
    const happened = event[id]
    return !asked || !happened || asked === happened
  })
}
