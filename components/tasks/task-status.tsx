import { Status, type StatusKind } from '#components/ui/status'

interface Shown {
  kind: StatusKind
  word: string
}

const statuses: Record<string, Shown> = {
  proposed: { kind: 'queued', word: 'Proposed' },
  waiting: { kind: 'waiting', word: 'Waiting' },
  ready: { kind: 'queued', word: 'Ready' },
  running: { kind: 'running', word: 'Running' },
  asking: { kind: 'needs-you', word: 'Needs you' },
  proving: { kind: 'running', word: 'Checking' },
  reviewing: { kind: 'running', word: 'In review' },
  merging: { kind: 'running', word: 'Merging' },
  done: { kind: 'done', word: 'Done' },
  failed: { kind: 'failed', word: 'Failed' },
  cancelled: { kind: 'cancelled', word: 'Cancelled' },
}

/** How a task's state looks and is called; an attempt after the first is named with its number. */
export function taskLook(status: string, attempt: number, paused = false): Shown {
  if (paused) return { kind: 'paused', word: 'Paused' }
  const shown = statuses[status] ?? { kind: 'queued' as const, word: status.replaceAll('_', ' ') }
  if (status === 'running' && attempt > 1) return { kind: 'retrying', word: `Running, attempt ${attempt}` }
  return shown
}

export function TaskStatus({
  status,
  attempt,
  paused,
  look,
}: {
  status: string
  attempt: number
  paused?: boolean
  look?: 'pill' | 'plain' | 'icon'
}) {
  const { kind, word } = taskLook(status, attempt, paused)
  return (
    <Status kind={kind} look={look}>
      {word}
    </Status>
  )
}
