import { VisibleText } from '#components/runs/visible-text'
import { ScriptedBadge } from '#components/ui/badge'
import { Status, type StatusKind } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { PlanView } from '#server/tasks/queries'

const statuses: Record<string, { kind: StatusKind; word: string }> = {
  proposed: { kind: 'needs-you', word: 'Proposed' },
  accepted: { kind: 'done', word: 'Accepted' },
  rejected: { kind: 'cancelled', word: 'Rejected' },
  superseded: { kind: 'skipped', word: 'Replaced' },
}

function Lines({ title, lines }: { title: string; lines: string[] }) {
  if (lines.length === 0) return null
  return (
    <>
      <h3 className="text-table font-semibold">{title}</h3>
      <ul className="list-disc pl-5">
        {lines.map((line) => (
          <li key={line}>
            <VisibleText text={line} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** The plan's revisions, newest first: who made them, what they say, what was mended. */
export function PlanSummary({ plans }: { plans: PlanView[] }) {
  if (plans.length === 0) return null
  return (
    <section aria-label="Plan" className="flex flex-col gap-2">
      {plans.map((plan) => {
        const status = statuses[plan.status] ?? { kind: 'queued' as const, word: plan.status }
        return (
          <details key={plan.id} className="rounded-lg border border-border bg-surface">
            <summary className="target flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-1 text-body outline-offset-[-2px]">
              <span className="font-medium">Plan {plan.revision}</span>
              <Status kind={status.kind}>{status.word}</Status>
              {plan.scripted && <ScriptedBadge />}
              <span className="text-table text-muted">
                {plan.taskCount === 1 ? '1 task' : `${plan.taskCount} tasks`}
                {plan.agentName && ` · by ${plan.agentName}`} · <Time value={plan.createdAt} />
              </span>
            </summary>
            <div className="flex max-w-measure flex-col gap-2 border-t border-border px-4 py-3 text-body">
              <p className="whitespace-pre-wrap">
                <VisibleText text={plan.summary || 'The plan has no summary.'} />
              </p>
              <Lines title="Assumptions" lines={plan.assumptions} />
              <Lines title="Mended by the system before it was accepted" lines={plan.repairs} />
            </div>
          </details>
        )
      })}
    </section>
  )
}
