import { Status, type StatusKind } from '#components/ui/status'

const statuses: Record<string, { kind: StatusKind; word: string }> = {
  submitted: { kind: 'queued', word: 'Submitted' },
  planning: { kind: 'running', word: 'Planning' },
  plan_review: { kind: 'needs-you', word: 'Plan needs you' },
  paused: { kind: 'paused', word: 'Paused' },
  in_progress: { kind: 'running', word: 'In progress' },
  done: { kind: 'done', word: 'Done' },
  partly_done: { kind: 'partly-done', word: 'Partly done' },
  failed: { kind: 'failed', word: 'Failed' },
  cancelled: { kind: 'cancelled', word: 'Cancelled' },
}

export function RequirementStatus({ status }: { status: string }) {
  const { kind, word } = statuses[status] ?? { kind: 'queued' as const, word: status.replaceAll('_', ' ') }
  return <Status kind={kind}>{word}</Status>
}

const outcomes: Record<string, { kind: StatusKind; word: string }> = {
  proven: { kind: 'done', word: 'Proven' },
  asked: { kind: 'needs-you', word: 'Asked' },
  not_built: { kind: 'skipped', word: 'Not built' },
  open: { kind: 'queued', word: 'Open' },
}

/** What became of one statement. Background prose asks for nothing, so it has no outcome. */
export function OutcomeStatus({ outcome, kind }: { outcome: string; kind: string }) {
  if (kind === 'context') return <span className="text-meta text-muted">Background</span>
  const shown = outcomes[outcome] ?? { kind: 'queued' as const, word: outcome.replaceAll('_', ' ') }
  return <Status kind={shown.kind}>{shown.word}</Status>
}
