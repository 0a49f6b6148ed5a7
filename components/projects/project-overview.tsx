'use client'

import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { CircleQuestionMark } from 'lucide-react'
import { useMay } from '#components/providers/permissions'
import { useTRPC } from '#components/providers/trpc'
import { RequirementStatus } from '#components/requirements/requirement-status'
import { VisibleText } from '#components/runs/visible-text'
import { ScriptedBadge } from '#components/ui/badge'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Elapsed } from '#components/ui/duration'
import { Empty } from '#components/ui/empty'
import { ButtonLink, QuietLink, TextLink } from '#components/ui/link'
import { Progress } from '#components/ui/progress'
import { Status } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { AppRouter } from '#server/trpc/root'
import { HealthSentence } from './health'
import { SampleButton } from './sample-button'

type Outputs = inferRouterOutputs<AppRouter>
type Overview = Outputs['overview']['project']
type Decisions = Outputs['decisions']['open']
type Activity = Outputs['activity']['list']

const purposes: Record<string, string> = { plan: 'plans', implement: 'builds', review: 'reviews' }

function NeedsYou({ decisions }: { decisions: Decisions }) {
  if (decisions.length === 0) return null
  return (
    <section
      aria-labelledby="needs-you"
      className="flex flex-col gap-2 rounded-lg border border-needs-you-solid bg-needs-you-soft px-4 py-3 text-needs-you-fg"
    >
      <h2 id="needs-you" className="flex items-center gap-2 text-body font-semibold">
        <CircleQuestionMark aria-hidden className="size-4" />
        Needs you
      </h2>
      <ul className="flex flex-col divide-y divide-border">
        {decisions.slice(0, 3).map((decision) => (
          <li key={decision.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2">
            <span className="min-w-0 flex-1 basis-60 text-body font-medium wrap-anywhere">
              <VisibleText text={decision.question} />
            </span>
            <span className="flex items-center gap-3">
              <span className="text-table">
                asked <Time value={decision.createdAt} />
              </span>
              <ButtonLink href={`/decisions/${decision.id}`} variant="primary">
                Answer
              </ButtonLink>
            </span>
          </li>
        ))}
      </ul>
      {decisions.length > 3 && (
        <TextLink href="/decisions" className="text-needs-you-fg">
          All {decisions.length} questions
        </TextLink>
      )}
    </section>
  )
}

function RunningNow({ running, projectId }: { running: Overview['running']; projectId: string }) {
  return (
    <Card aria-labelledby="running">
      <CardHeader id="running" title="Running now" note={running.length > 0 ? String(running.length) : undefined} />
      {running.length === 0 ? (
        <CardBody className="text-body text-muted">No agent is working in this project at the moment.</CardBody>
      ) : (
        <ul className="divide-y divide-border">
          {running.map((run) => (
            <li key={run.runId} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
              <Status kind={run.asking ? 'needs-you' : 'running'}>
                {run.asking ? 'Waits for an answer' : run.startedAt && <Elapsed since={run.startedAt} />}
              </Status>
              <span className="min-w-0 flex-1 basis-52 text-body wrap-anywhere">
                <span className="font-medium">{run.agentName}</span> {purposes[run.purpose] ?? run.purpose}{' '}
                {run.taskId ? (
                  <TextLink href={`/projects/${projectId}/tasks/${run.taskId}`}>
                    <VisibleText text={run.taskName ?? ''} />
                  </TextLink>
                ) : (
                  <TextLink href={`/projects/${projectId}/requirements/${run.requirementId}`}>
                    {run.requirementName}
                  </TextLink>
                )}
                {run.attempt > 1 && <span className="text-muted">, attempt {run.attempt}</span>}
              </span>
              {run.scripted && <ScriptedBadge />}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Requirements({ requirements, projectId }: { requirements: Overview['requirements']; projectId: string }) {
  return (
    <Card aria-labelledby="requirements">
      <CardHeader
        id="requirements"
        title="Requirements"
        actions={<TextLink href={`/projects/${projectId}/requirements`}>All</TextLink>}
      />
      <ul className="divide-y divide-border">
        {requirements.map((row) => (
          <li key={row.id} className="flex flex-col gap-1 px-4 py-2.5">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <QuietLink
                href={`/projects/${projectId}/requirements/${row.id}`}
                className="min-w-0 flex-1 basis-52 font-medium wrap-anywhere"
              >
                <span className="number text-muted">R{row.number}</span> <VisibleText text={row.title} />
              </QuietLink>
              <RequirementStatus status={row.status} />
            </div>
            {row.tasks > 0 && (
              <div className="flex items-center gap-3">
                <Progress
                  className="flex-1"
                  value={row.tasksDone}
                  total={row.tasks}
                  label={`Tasks done of R${row.number}`}
                />
                <span className="number text-table text-muted">
                  {row.tasksDone} of {row.tasks} tasks
                </span>
              </div>
            )}
            {row.statusReason && (
              <p className="text-table text-muted">
                <VisibleText text={row.statusReason} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

function RecentActivity({ lines }: { lines: Activity['lines'] }) {
  return (
    <Card aria-labelledby="activity">
      <CardHeader id="activity" title="Recent activity" actions={<TextLink href="/activity">All</TextLink>} />
      {lines.length === 0 ? (
        <CardBody className="text-body text-muted">What people and agents do here appears in this list.</CardBody>
      ) : (
        <ol className="divide-y divide-border">
          {lines.map((line) => (
            <li key={line.sequence} className="flex items-baseline justify-between gap-4 px-4 py-1.5 text-table">
              <span className="min-w-0 wrap-anywhere">
                <VisibleText text={line.text} />
              </span>
              <Time value={line.at} className="shrink-0 text-muted" />
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

function FirstSteps({ projectId }: { projectId: string }) {
  const maySubmit = useMay('requirement.submit')
  return (
    <Empty
      title="Turn a requirement into working software"
      action={
        maySubmit && (
          <>
            <SampleButton projectId={projectId} prominent />
            <ButtonLink href={`/projects/${projectId}/requirements/new`} size="large">
              Write your own
            </ButtonLink>
          </>
        )
      }
    >
      {maySubmit
        ? 'The sample is a small task board. You watch the plan appear, tasks run side by side, one question is put to you, and at the end every statement is proven by a test.'
        : 'Nobody has asked for anything yet. Submitting a requirement needs the role member.'}
    </Empty>
  )
}

export interface ProjectOverviewProps {
  projectId: string
  initial: { overview: Overview; decisions: Decisions; activity: Activity }
}

/** The project at a glance, kept live: how it is doing, what needs a person, what runs, what was asked for. */
export function ProjectOverview({ projectId, initial }: ProjectOverviewProps) {
  const trpc = useTRPC()
  const input = { projectId }
  const overview = useQuery(trpc.overview.project.queryOptions(input, { initialData: initial.overview })).data
  const decisions = useQuery(trpc.decisions.open.queryOptions(input, { initialData: initial.decisions })).data
  const recent = { ...input, limit: 12 }
  const activity = useQuery(trpc.activity.list.queryOptions(recent, { initialData: initial.activity })).data
  const fresh = overview.health.state === 'empty'
  return (
    <>
      <HealthSentence health={overview.health} />
      <NeedsYou decisions={decisions} />
      {fresh ? (
        <>
          <FirstSteps projectId={projectId} />
          <RecentActivity lines={activity.lines} />
        </>
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <Requirements requirements={overview.requirements} projectId={projectId} />
          <div className="flex flex-col gap-5">
            <RunningNow running={overview.running} projectId={projectId} />
            <RecentActivity lines={activity.lines} />
          </div>
        </div>
      )}
    </>
  )
}
