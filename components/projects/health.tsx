import { Status, type StatusKind } from '#components/ui/status'
import type { Health, HealthState } from '#server/scheduler/rules/health'

const looks: Record<HealthState, { kind: StatusKind; word: string }> = {
  empty: { kind: 'queued', word: 'New' },
  idle: { kind: 'done', word: 'All done' },
  working: { kind: 'running', word: 'Working' },
  'needs-you': { kind: 'needs-you', word: 'Needs you' },
  trouble: { kind: 'failed', word: 'Trouble' },
}

export function HealthStatus({ state }: { state: HealthState }) {
  return <Status kind={looks[state].kind}>{looks[state].word}</Status>
}

/** How the project is doing: one sentence, and the facts that decided it. */
export function HealthSentence({ health }: { health: Health }) {
  return (
    <section aria-label="Health" className="flex flex-col gap-1">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-reading">
        <HealthStatus state={health.state} />
        <span>{health.sentence}</span>
      </p>
      {health.reasons.length > 0 && <p className="text-table text-muted">{health.reasons.join(' · ')}</p>}
    </section>
  )
}
