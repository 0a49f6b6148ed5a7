'use client'

import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import dynamic from 'next/dynamic'
import { BudgetState } from '#components/budgets/budget-state'
import { DecisionStrip } from '#components/decisions/decision-strip'
import { useTRPC } from '#components/providers/trpc'
import { UndoBar } from '#components/requirements/undo-bar'
import { ViewLinks } from '#components/requirements/view-links'
import { RunLog } from '#components/runs/run-log'
import { Transcript } from '#components/runs/transcript'
import { VisibleText } from '#components/runs/visible-text'
import { Page, PageHeader } from '#components/shell/page'
import { ScriptedBadge } from '#components/ui/badge'
import { classNames } from '#components/ui/class-names'
import { Elapsed } from '#components/ui/duration'
import { Empty } from '#components/ui/empty'
import { IntentLink } from '#components/ui/intent-link'
import { KeyValues } from '#components/ui/key-value'
import { TextLink } from '#components/ui/link'
import type { RunView } from '#server/runs/queries'
import type { TaskLink } from '#server/tasks/queries'
import type { AppRouter } from '#server/trpc/root'
import { AssignmentPanel } from './assignment-panel'
import { AttemptList, RunStatus, runName } from './attempt-list'
import { CheckList } from './check-list'
import { DiffView } from './diff-view'
import { NextActorPanel } from './next-actor'
import { TaskActions } from './task-actions'
import { TaskStatus } from './task-status'
import { type TaskTab, taskTabs } from './task-tabs'

// Its code comes with the tab.
const BudgetPanel = dynamic(() => import('#components/budgets/budget-panel').then((module) => module.BudgetPanel))

type Outputs = inferRouterOutputs<AppRouter>
type Task = Outputs['tasks']['one']

const labels: Record<TaskTab, string> = {
  transcript: 'Transcript',
  diff: 'Diff',
  checks: 'Checks',
  log: 'Log',
  attempts: 'Attempts',
  why: 'Why this agent',
  budget: 'Budget',
}

export interface TaskPageProps {
  initial: { task: Task; decisions: Outputs['decisions']['open']; budget: Outputs['budgets']['of'] }
  tab: TaskTab
  /** The run to show; the newest when it is not one of the task's. */
  runId?: string
}

/** One task: what is done about it right now, by whom, why, and what shows that it is done. */
export function TaskPage({ initial, tab, runId }: TaskPageProps) {
  const trpc = useTRPC()
  const taskId = initial.task.id
  const task = useQuery(trpc.tasks.one.queryOptions({ taskId }, { initialData: initial.task })).data
  const decisions = useQuery(trpc.decisions.open.queryOptions({ taskId }, { initialData: initial.decisions })).data
  const base = `/projects/${task.projectId}/tasks/${taskId}`
  const run = task.runs.find(({ id }) => id === runId) ?? task.runs.at(-1)
  const address = (name: TaskTab, shown = runId) => `${base}?tab=${name}${shown ? `&run=${shown}` : ''}`
  return (
    <Page>
      <PageHeader
        title={
          <>
            <span className="number text-muted">{task.ref}</span> <VisibleText text={task.title} />
          </>
        }
        crumbs={[
          { href: `/projects/${task.projectId}`, label: task.projectName },
          {
            href: `/projects/${task.projectId}/requirements/${task.requirementId}`,
            label: `R${task.requirementNumber}`,
          },
        ]}
        meta={
          <>
            <TaskStatus status={task.status} attempt={task.attempt} paused={task.atRest} />
            {task.providerMode === 'scripted' && <ScriptedBadge />}
          </>
        }
        actions={
          <TaskActions
            requirementId={task.requirementId}
            taskRef={task.ref}
            status={task.status}
            attempt={task.attempt}
            pausedBy={task.pausedBy}
          />
        }
      />
      <div className="flex flex-col gap-3 lg:flex-row">
        <NextActorPanel next={task.next} what={task.ref} />
        <BudgetState initial={initial.budget} scripted={task.providerMode === 'scripted'} href={address('budget')} />
      </div>
      <Facts task={task} />
      <DecisionStrip decisions={decisions} />
      <ViewLinks
        label="Sides of the task"
        links={taskTabs.map((name) => ({ href: address(name), label: labels[name], current: name === tab }))}
      />
      {(tab === 'transcript' || tab === 'log') && task.runs.length > 1 && run && (
        <RunChoice runs={task.runs} chosen={run.id} hrefOf={(id) => address(tab, id)} />
      )}
      <Body task={task} tab={tab} run={run} hrefOf={(id) => address('transcript', id)} />
      <UndoBar requirementId={task.requirementId} />
    </Page>
  )
}

function Body(props: { task: Task; tab: TaskTab; run: RunView | undefined; hrefOf: (runId: string) => string }) {
  const { task, tab, run, hrefOf } = props
  const scripted = task.providerMode === 'scripted'
  switch (tab) {
    case 'diff':
      return <DiffView taskId={task.id} scripted={scripted} />
    case 'checks':
      return <CheckList task={task} />
    case 'attempts':
      return <AttemptList runs={task.runs} merges={task.merges} hrefOf={hrefOf} />
    case 'why':
      return <AssignmentPanel assignment={task.assignment} agentName={task.agentName} />
    case 'budget':
      return <BudgetPanel level="task" ownerId={task.id} />
    default:
      if (!run) {
        return (
          <Empty title="No agent works on this yet">
            {task.statusReason || 'It begins when everything the task waits for is done.'}
          </Empty>
        )
      }
      if (tab === 'log') {
        return (
          <RunLog
            key={run.id}
            runId={run.id}
            label={`Log: ${runName(run)}`}
            scripted={run.providerMode === 'scripted'}
          />
        )
      }
      return <Transcript key={run.id} run={run} />
  }
}

function RunChoice(props: { runs: RunView[]; chosen: string; hrefOf: (runId: string) => string }) {
  return (
    <nav aria-label="Runs of the task">
      <ul className="flex flex-wrap gap-2">
        {props.runs.map((run) => (
          <li key={run.id}>
            <IntentLink
              href={props.hrefOf(run.id)}
              scroll={false}
              aria-current={run.id === props.chosen ? 'true' : undefined}
              className={classNames(
                'target inline-flex items-center gap-2 rounded-md border px-2 text-table hover:bg-sunken',
                run.id === props.chosen
                  ? 'border-accent bg-accent-soft text-accent-soft-fg'
                  : 'border-border-strong bg-surface',
              )}
            >
              {runName(run)} <RunStatus status={run.status} />
            </IntentLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function Links({ tasks, projectId }: { tasks: TaskLink[]; projectId: string }) {
  if (tasks.length === 0) return 'nothing'
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1">
      {tasks.map((task) => (
        <li key={task.id} className="flex flex-wrap items-center gap-1">
          <TextLink href={`/projects/${projectId}/tasks/${task.id}`} className="inline-flex min-h-6 items-center">
            <span>
              {task.ref} <VisibleText text={task.title} />
            </span>
          </TextLink>
          <TaskStatus status={task.status} attempt={1} look="plain" />
        </li>
      ))}
    </ul>
  )
}

function Facts({ task }: { task: Task }) {
  const list = (paths: string[]) =>
    paths.length === 0 ? 'nothing' : <code className="font-mono text-code wrap-anywhere">{paths.join('  ')}</code>
  return (
    <section aria-label="Facts" className="flex flex-col gap-3">
      {task.statusReason && task.statusReason !== task.next?.reason && (
        <p className="max-w-measure text-body">
          <VisibleText text={task.statusReason} />
        </p>
      )}
      <KeyValues
        items={[
          ['Agent', task.agentName ? <VisibleText key="agent" text={task.agentName} /> : 'not chosen yet'],
          [
            'Time',
            task.startedAt ? <Elapsed key="time" since={task.startedAt} until={task.finishedAt} /> : 'not started',
          ],
          ['Works on', task.statementRefs.join(', ') || 'no statement'],
          ['Waits for', <Links key="waits" tasks={task.waitsFor} projectId={task.projectId} />],
          ['Others wait', <Links key="blocks" tasks={task.blocks} projectId={task.projectId} />],
        ]}
      />
      <details className="rounded-lg border border-border bg-surface">
        <summary className="target content-center px-4 text-body font-medium">What the agent was told</summary>
        <div className="flex flex-col gap-3 border-t border-border px-4 py-3">
          <p className="max-w-measure text-body wrap-anywhere whitespace-pre-wrap">
            <VisibleText text={task.instructions} />
          </p>
          <KeyValues
            items={[
              ['May change', list(task.owns)],
              ['Reads', list(task.reads)],
              ['Risk', task.risk],
            ]}
          />
          {task.feedback && (
            <div className="flex flex-col gap-1">
              <h2 className="text-body font-semibold">What the next attempt must mend</h2>
              <p className="max-w-measure text-body wrap-anywhere whitespace-pre-wrap">
                <VisibleText text={task.feedback} />
              </p>
            </div>
          )}
        </div>
      </details>
    </section>
  )
}
