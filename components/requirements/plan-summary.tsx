import { ChevronRight } from 'lucide-react'
import { VisibleText } from '#components/runs/visible-text'
import { ScriptedBadge } from '#components/ui/badge'
import { Status, type StatusKind } from '#components/ui/status'
import { Time } from '#components/ui/time'
import { inRefOrder } from '#server/kernel/ref-order'
import type { PlanView, TaskNode } from '#server/tasks/queries'

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
      <h2 className="text-table font-semibold">{title}</h2>
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

/** What would be done, task by task, before anybody has said yes to it. */
export function PlannedTasks({ plan }: { plan: PlanView }) {
  return (
    <>
      <h2 className="text-table font-semibold">Tasks</h2>
      <ol className="flex flex-col gap-3">
        {plan.tasks.map((task) => (
          <li key={task.ref} id={`proposed-${task.ref}`} className="flex flex-col gap-0.5">
            <span className="font-medium">
              <span className="number text-muted">{task.ref}</span> <VisibleText text={task.title} />
            </span>
            <span className="text-table text-muted">
              {task.kind}, {task.capability} · waits for {inRefOrder(task.dependsOn).join(', ') || 'nothing'} · works on{' '}
              {inRefOrder(task.statements).join(', ') || 'no statement'} · {task.risk} risk
            </span>
            <span className="wrap-anywhere whitespace-pre-wrap">
              <VisibleText text={task.instructions} />
            </span>
            {task.commands.map((command) => (
              <code key={command} className="font-mono text-code wrap-anywhere">
                <VisibleText text={command} />
              </code>
            ))}
          </li>
        ))}
      </ol>
    </>
  )
}

/** A proposed plan in the shape the graph and the list draw. */
export function proposedNodes(plan: PlanView | undefined): TaskNode[] {
  if (plan?.status !== 'proposed') return []
  return plan.tasks.map((task) => ({
    id: task.ref,
    ref: task.ref,
    title: task.title,
    kind: task.kind,
    capability: task.capability,
    status: 'proposed',
    statusReason: '',
    risk: task.risk,
    attempt: 0,
    agentName: null,
    statementRefs: task.statements,
    dependsOn: task.dependsOn,
    startedAt: null,
    finishedAt: null,
    next: null,
    pausedBy: null,
    atRest: false,
  }))
}

/** The plan's revisions, newest first: who made them, what they say, what was mended. */
export function PlanSummary({ plans }: { plans: PlanView[] }) {
  if (plans.length === 0) return null
  return (
    <section aria-label="Plan" className="flex flex-col gap-2">
      {plans.map((plan) => {
        const status = statuses[plan.status] ?? { kind: 'queued' as const, word: plan.status }
        return (
          <details
            key={plan.id}
            open={plan.status === 'proposed'}
            className="group rounded-lg border border-border bg-surface"
          >
            <summary className="target flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-1 text-body outline-offset-[-2px]">
              <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-open:rotate-90" />
              <span className="font-medium">Plan {plan.revision}</span>
              <Status kind={status.kind}>{status.word}</Status>
              {plan.scripted && <ScriptedBadge />}
              <span className="text-table text-muted">
                {plan.tasks.length === 1 ? '1 task' : `${plan.tasks.length} tasks`}
                {plan.changedBy ? ` · changed by ${plan.changedBy}` : plan.agentName && ` · by ${plan.agentName}`} ·{' '}
                <Time value={plan.createdAt} />
              </span>
            </summary>
            <div className="flex flex-col gap-2 border-t border-border px-4 py-3 text-body *:max-w-measure">
              <p className="whitespace-pre-wrap">
                <VisibleText text={plan.summary || 'The plan has no summary.'} />
              </p>
              <Lines title="Assumptions" lines={plan.assumptions} />
              {plan.status === 'proposed' && <PlannedTasks plan={plan} />}
              <Lines title="Mended by the system before it was accepted" lines={plan.repairs} />
            </div>
          </details>
        )
      })}
    </section>
  )
}
