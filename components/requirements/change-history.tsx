import { ChevronRight } from 'lucide-react'
import { VisibleText } from '#components/runs/visible-text'
import { Empty } from '#components/ui/empty'
import { Status, type StatusKind } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { ChangeView } from '#server/planner/queries'
import { DiffLines } from './change-preview'

const states: Record<string, { kind: StatusKind; word: string }> = {
  open: { kind: 'waiting', word: 'Can be undone' },
  final: { kind: 'done', word: 'Final' },
  undone: { kind: 'cancelled', word: 'Undone' },
}

function revisions({ fromRevision, revision }: ChangeView): string {
  if (revision === null) return 'no plan yet'
  return `revision ${fromRevision ?? '–'} → ${revision}`
}

/** Who changed what, the newest first, each with its differences and what it made run again. */
export function ChangeHistory({ changes }: { changes: readonly ChangeView[] }) {
  if (changes.length === 0) {
    return (
      <Empty title="Nobody has changed anything">
        Every pause, retry or change of the plan appears here with who did it, what it changed and what ran again.
      </Empty>
    )
  }
  return (
    <ol className="flex flex-col gap-2">
      {changes.map((change) => {
        const state = states[change.state] ?? { kind: 'queued' as const, word: change.state }
        return (
          <li key={change.number}>
            <details className="group rounded-lg border border-border bg-surface">
              <summary className="target flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-1 text-body outline-offset-[-2px]">
                <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-open:rotate-90" />
                <span className="min-w-0 font-medium wrap-anywhere">
                  <VisibleText text={change.summary} />
                </span>
                <Status kind={state.kind}>{state.word}</Status>
                <span className="text-table text-muted">
                  <span className="number">{revisions(change)}</span> · <Time value={change.at} />
                </span>
              </summary>
              <div className="flex flex-col gap-2 border-t border-border px-4 py-3 text-body *:max-w-measure">
                {change.reason && (
                  <p className="wrap-anywhere">
                    Reason: <VisibleText text={change.reason} />
                  </p>
                )}
                {change.diff.length > 0 ? (
                  <DiffLines lines={change.diff} />
                ) : (
                  <p className="text-muted">The tasks and their order stayed as they were.</p>
                )}
                {change.effects.reruns.length > 0 && (
                  <p className="number">Ran again: {change.effects.reruns.join(', ')}</p>
                )}
              </div>
            </details>
          </li>
        )
      })}
    </ol>
  )
}
