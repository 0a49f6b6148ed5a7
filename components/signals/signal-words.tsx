import type { StatusKind } from '#components/ui/status'
import type { SignalLine } from '#server/signals/queries'

export const kindWords: Record<string, string> = {
  requirement: 'Requirement',
  decision_needed: 'Decision needed',
  innovation: 'Innovation',
  quality_issue: 'Quality issue',
  integration: 'Integration',
}

export const urgencyWords: Record<string, string> = { now: 'Now', today: 'Today', whenever: 'Whenever' }

export const impactWords: Record<string, string> = {
  organization: 'Organization',
  project: 'Project',
  requirement: 'Requirement',
  task: 'Task',
}

export const sourceWords: Record<string, string> = {
  agent: 'Agents',
  orchestrator: 'Orchestrator',
  github: 'GitHub',
  gitlab: 'GitLab',
  jenkins: 'Jenkins',
  alertmanager: 'Alertmanager',
  grafana: 'Grafana',
  sentry: 'Sentry',
  cdevents: 'CDEvents',
  generic: 'Generic JSON',
  sarif: 'SARIF upload',
}

/** How a signal stands, as a status people know. */
export function statusOf(signal: Pick<SignalLine, 'status' | 'urgency' | 'decisionStatus'>): [StatusKind, string] {
  if (signal.status === 'muted') return ['skipped', 'Muted']
  if (signal.status === 'closed') return ['done', 'Closed']
  if (signal.decisionStatus === 'open') return ['needs-you', 'Needs you']
  return signal.urgency === 'now' ? ['failed', 'Open'] : ['waiting', 'Open']
}

/** What a signal set in motion, in a few words. */
export function effectOf(signal: SignalLine): string {
  const held = signal.held > 0 ? `, ${signal.held} ${signal.held === 1 ? 'task' : 'tasks'} held` : ''
  switch (signal.action) {
    case 'decision':
      return `Asked how to go on${held}`
    case 'requirement':
      return `Became R${signal.madeRequirementNumber ?? '?'}${held}`
    case 'task':
      return 'Sent a task back'
    case 'proposal':
      return 'Proposes a requirement'
    case 'notification':
      return 'Told'
    case 'resolution':
      return 'Resolved'
    default:
      return 'Recorded'
  }
}

/** Who got a signal, as part of a sentence. */
export function receiverOf(signal: Pick<SignalLine, 'routedTo' | 'routedToName'>): string {
  if (signal.routedTo === 'nobody') return 'nobody'
  const { routedToName: name } = signal
  return signal.routedTo === 'group' ? name.charAt(0).toLowerCase() + name.slice(1) : name
}
