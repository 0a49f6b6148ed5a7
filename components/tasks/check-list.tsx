'use client'

import { useQuery } from '@tanstack/react-query'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { ScriptedBadge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { CodeBlock } from '#components/ui/code-block'
import { Duration } from '#components/ui/duration'
import { Empty } from '#components/ui/empty'
import { KeyValues } from '#components/ui/key-value'
import { ErrorPanel } from '#components/ui/page-state'
import { SkeletonRows } from '#components/ui/skeleton'
import { Status } from '#components/ui/status'
import { Time } from '#components/ui/time'
import { visibleText } from '#server/kernel/visible-text'
import type { CheckView } from '#server/proofs/queries'
import type { TaskView } from '#server/tasks/queries'

const phases: Record<string, string> = {
  task: 'on the task’s own commit',
  merge: 'on the merged tree, before it became main',
  final: 'on everything that was merged, at the end',
}

/** What the command was run on. */
export function phaseInWords(phase: string): string {
  return phases[phase] ?? phase
}

function Check({ check, scripted }: { check: CheckView; scripted: boolean }) {
  const exit = check.timedOut ? 'ran out of time' : `exit ${check.exitCode ?? 'unknown'}`
  return (
    <li id={`check-${check.id}`} className="rounded-lg border border-border bg-surface target:border-accent">
      <div className="flex flex-col gap-2 px-4 py-3">
        <div className="flex flex-wrap items-center gap-2">
          <Status kind={check.passed ? 'done' : 'failed'}>{check.passed ? 'Passed' : 'Not passed'}</Status>
          <code className="min-w-0 font-mono text-code wrap-anywhere">
            <VisibleText text={check.command} />
          </code>
          {scripted && <ScriptedBadge />}
        </div>
        <KeyValues
          items={[
            [
              'Ended with',
              <span key="exit">
                {exit} after <Duration milliseconds={check.durationMs} />
              </span>,
            ],
            ['Run', phaseInWords(check.phase)],
            [
              'Commit',
              <code key="commit" className="font-mono text-code wrap-anywhere">
                {check.commit}
              </code>,
            ],
            [
              'Tree',
              <code key="tree" className="font-mono text-code wrap-anywhere">
                {check.treeHash}
              </code>,
            ],
            ['Proves', check.proves.join(', ') || 'no statement'],
            ...(check.todo.length > 0 ? ([['Not yet built', check.todo.join(', ')]] as [string, string][]) : []),
            ['When', <Time key="when" value={check.createdAt} />],
          ]}
        />
        <details>
          <summary className="min-h-6 content-center text-table">Output</summary>
          {check.output ? (
            <CodeBlock
              text={check.output.split('\u001b').map(visibleText).join('\u001b')}
              label={`output of ${check.acceptanceId}`}
              wrap
            />
          ) : (
            <p className="text-table text-muted">The command printed nothing.</p>
          )}
        </details>
      </div>
    </li>
  )
}

/** What must pass before the task counts as done, and what the orchestrator found when it ran it itself. */
export function CheckList({ task }: { task: TaskView }) {
  const trpc = useTRPC()
  const checks = useQuery(trpc.tasks.checks.queryOptions({ taskId: task.id }))
  const scripted = task.providerMode === 'scripted'
  return (
    <div className="flex flex-col gap-6">
      <section aria-labelledby="acceptance" className="flex flex-col gap-2">
        <h2 id="acceptance" className="text-body font-semibold">
          What must pass
        </h2>
        {task.acceptance.length === 0 && <p className="text-muted">This task has no check of its own.</p>}
        <ul className="flex flex-col gap-2">
          {task.acceptance.map((acceptance) => (
            <li key={acceptance.id} className="text-body">
              <VisibleText text={acceptance.text} />{' '}
              <code className="font-mono text-code wrap-anywhere">
                <VisibleText text={acceptance.command} />
              </code>
              {acceptance.proves.length > 0 && (
                <span className="text-muted"> proves {acceptance.proves.join(', ')}</span>
              )}
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="evidence" className="flex flex-col gap-2">
        <h2 id="evidence" className="text-body font-semibold">
          What was executed
        </h2>
        {checks.isPending && <SkeletonRows rows={2} />}
        {checks.error && (
          <ErrorPanel
            title="The evidence could not be loaded."
            detail={errorText(checks.error)}
            errorId={errorIdOf(checks.error)}
            retry={<Button onClick={() => checks.refetch()}>Try again</Button>}
          />
        )}
        {checks.data?.length === 0 && (
          <Empty title="Nothing has been executed yet">
            Orchestrator runs these commands itself, in a fresh sandbox on a clean checkout, once the agent has
            finished.
          </Empty>
        )}
        <ul className="flex flex-col gap-3">
          {checks.data?.map((check) => (
            <Check key={check.id} check={check} scripted={scripted} />
          ))}
        </ul>
      </section>
    </div>
  )
}
