export type SignalKind = 'requirement' | 'decision_needed' | 'innovation' | 'quality_issue' | 'integration'

/** How soon a signal matters and how far it reaches, by its kind alone. */
export function classify(kind: SignalKind): {
  urgency: 'now' | 'today' | 'whenever'
  impact: 'requirement' | 'project'
} {
  switch (kind) {
    case 'decision_needed':
      return { urgency: 'now', impact: 'requirement' }
    case 'quality_issue':
      return { urgency: 'today', impact: 'requirement' }
    case 'integration':
    case 'requirement':
      return { urgency: 'today', impact: 'project' }
    case 'innovation':
      return { urgency: 'whenever', impact: 'project' }
  }
}

/** Two reports are the same when project, kind and title agree, whatever their case, spacing and numbers. */
export function fingerprint(signal: { projectId: string; kind: string; title: string }): string {
  const title = signal.title.toLowerCase().replace(/\d+/g, '#').replace(/\s+/g, ' ').trim().slice(0, 300)
  return `${signal.projectId}:${signal.kind}:${title}`
}
