import { VisibleText } from '#components/runs/visible-text'
import { Badge, ScriptedBadge } from '#components/ui/badge'
import { Elapsed } from '#components/ui/duration'
import { Empty } from '#components/ui/empty'
import { TextLink } from '#components/ui/link'
import { Status, type StatusKind } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { MergeView } from '#server/merges/queries'
import type { RunView } from '#server/runs/queries'

const statuses: Record<string, { kind: StatusKind; word: string }> = {
  queued: { kind: 'queued', word: 'Queued' },
  running: { kind: 'running', word: 'Running' },
  asking: { kind: 'needs-you', word: 'Needs you' },
  finished: { kind: 'done', word: 'Finished' },
  failed: { kind: 'failed', word: 'Failed' },
  cancelled: { kind: 'cancelled', word: 'Cancelled' },
}

export function RunStatus({ status }: { status: string }) {
  const { kind, word } = statuses[status] ?? { kind: 'queued' as const, word: status }
  return <Status kind={kind}>{word}</Status>
}

const purposes: Record<string, string> = { plan: 'Planning', implement: 'Implementation', review: 'Review' }

/** "Implementation, attempt 2": how a run is called. */
export function runName(run: Pick<RunView, 'purpose' | 'attempt'>): string {
  return `${purposes[run.purpose] ?? run.purpose}, attempt ${run.attempt}`
}

const merges: Record<string, { kind: StatusKind; word: string }> = {
  queued: { kind: 'running', word: 'Waits to be merged' },
  merged: { kind: 'done', word: 'Merged' },
  conflict: { kind: 'failed', word: 'Conflict' },
  checks_failed: { kind: 'failed', word: 'Checks failed on the merged tree' },
}

/** Every run of a task and what became of its work, oldest first. Earlier attempts stay readable. */
export function AttemptList(props: { runs: RunView[]; merges: MergeView[]; hrefOf: (runId: string) => string }) {
  if (props.runs.length === 0) {
    return <Empty title="No attempt yet">The first attempt begins when everything the task waits for is done.</Empty>
  }
  return (
    <ol className="flex flex-col gap-3">
      {props.runs.map((run) => (
        <li key={run.id} className="flex flex-col gap-1 rounded-lg border border-border bg-surface px-4 py-3">
          <div className="flex flex-wrap items-center gap-2">
            <TextLink href={props.hrefOf(run.id)} className="inline-flex min-h-6 items-center font-medium">
              {runName(run)}
            </TextLink>
            <RunStatus status={run.status} />
            {run.providerMode === 'scripted' ? <ScriptedBadge /> : <Badge>live</Badge>}
          </div>
          <p className="text-table text-muted">
            <VisibleText text={run.agentName} /> · <span className="font-mono">{run.model}</span> · {run.turns} turns ·{' '}
            {run.cost} · {run.startedAt ? <Elapsed since={run.startedAt} until={run.endedAt} /> : 'not started'} ·{' '}
            <Time value={run.createdAt} />
          </p>
          {run.summary && (
            <p className="max-w-measure text-body whitespace-pre-wrap">
              <VisibleText text={run.summary} />
            </p>
          )}
          {run.errorMessage && (
            <p className="text-body text-failed-fg">
              <VisibleText text={run.errorMessage} />
            </p>
          )}
          {props.merges
            .filter((merge) => merge.runId === run.id)
            .map((merge) => {
              const shown = merges[merge.status] ?? { kind: 'queued' as const, word: merge.status }
              return (
                <p key={merge.id} className="flex flex-wrap items-center gap-2 text-table text-muted">
                  <Status kind={shown.kind} look="plain">
                    {shown.word}
                  </Status>
                  {merge.mergedCommit && <code className="font-mono text-code">{merge.mergedCommit.slice(0, 12)}</code>}
                  <VisibleText text={merge.detail} />
                </p>
              )
            })}
        </li>
      ))}
    </ol>
  )
}
