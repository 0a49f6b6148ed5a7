'use client'

import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import dynamic from 'next/dynamic'
import { BudgetState } from '#components/budgets/budget-state'
import { DecisionStrip } from '#components/decisions/decision-strip'
import { useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Page, PageHeader } from '#components/shell/page'
import { NextActorPanel } from '#components/tasks/next-actor'
import { PlanViews, usePlanView } from '#components/tasks/plan-views'
import { UnfinishedTasks } from '#components/tasks/unfinished-tasks'
import { ScriptedBadge } from '#components/ui/badge'
import { Empty } from '#components/ui/empty'
import { ButtonLink } from '#components/ui/link'
import { Progress } from '#components/ui/progress'
import { Time } from '#components/ui/time'
import type { AppRouter } from '#server/trpc/root'
import { PlanSummary, proposedNodes } from './plan-summary'
import { RequirementControls } from './requirement-controls'
import { RequirementStatus } from './requirement-status'
import { type RequirementViewName, requirementViews } from './requirement-views'
import { UndoBar } from './undo-bar'
import { ViewLinks } from './view-links'

// Each view's code comes with the view.
const ActivityFeed = dynamic(() => import('#components/audit/activity-feed').then((module) => module.ActivityFeed))
const BudgetPanel = dynamic(() => import('#components/budgets/budget-panel').then((module) => module.BudgetPanel))
const CostTable = dynamic(() => import('./cost-table').then((module) => module.CostTable))
const FileBrowser = dynamic(() => import('./file-browser').then((module) => module.FileBrowser))
const StatementTable = dynamic(() => import('./statement-table').then((module) => module.StatementTable))

type Outputs = inferRouterOutputs<AppRouter>
type Requirement = Outputs['requirements']['one']
type Tasks = Outputs['tasks']['ofRequirement']

const labels: Record<RequirementViewName, string> = {
  graph: 'Graph',
  list: 'List',
  statements: 'Statements',
  activity: 'Activity',
  cost: 'Cost',
  files: 'Files',
}

export interface RequirementViewProps {
  initial: {
    requirement: Requirement
    tasks: Tasks
    decisions: Outputs['decisions']['open']
    budget: Outputs['budgets']['of']
  }
  /** null: graph or list, whichever fits the screen */
  view: RequirementViewName | null
  path?: string
}

/** One requirement from every side, kept live. */
export function RequirementPage({ initial, view, path }: RequirementViewProps) {
  const trpc = useTRPC()
  const requirementId = initial.requirement.id
  const input = { requirementId }
  const requirement = useQuery(trpc.requirements.one.queryOptions(input, { initialData: initial.requirement })).data
  const tasks = useQuery(trpc.tasks.ofRequirement.queryOptions(input, { initialData: initial.tasks })).data
  const decisions = useQuery(trpc.decisions.open.queryOptions(input, { initialData: initial.decisions })).data
  const fitting = usePlanView(tasks.length)
  const base = `/projects/${requirement.projectId}/requirements/${requirementId}`
  const ended = requirement.closedAt !== null
  return (
    <Page>
      <PageHeader
        title={
          <>
            <span className="number text-muted">R{requirement.number}</span> <VisibleText text={requirement.title} />
          </>
        }
        crumbs={[
          { href: `/projects/${requirement.projectId}`, label: requirement.project.name },
          { href: `/projects/${requirement.projectId}/requirements`, label: 'Requirements' },
        ]}
        meta={
          <>
            <RequirementStatus status={requirement.pausedBy ? 'paused' : requirement.status} />
            {requirement.project.providerMode === 'scripted' && <ScriptedBadge />}
          </>
        }
        actions={
          ended ? (
            requirement.plans.length > 0 && <ButtonLink href={`${base}/plan`}>Plan and history</ButtonLink>
          ) : (
            <RequirementControls
              requirementId={requirementId}
              number={requirement.number}
              pausedBy={requirement.pausedBy}
              planHref={tasks.length > 0 ? `${base}/plan` : null}
            />
          )
        }
      />
      <Facts requirement={requirement} tasks={tasks} />
      <div className="flex flex-col gap-3 lg:flex-row">
        <NextActorPanel next={requirement.next} what={`R${requirement.number}`} />
        <BudgetState
          initial={initial.budget}
          scripted={requirement.project.providerMode === 'scripted'}
          href={`${base}?view=cost`}
        />
      </div>
      <DecisionStrip decisions={decisions} />
      <UnfinishedTasks
        tasks={tasks}
        hrefOf={({ id }) => `/projects/${requirement.projectId}/tasks/${id}`}
        folded={view === 'list'}
      />
      <ViewLinks
        label="Views of the requirement"
        links={requirementViews.map((name) => ({
          href: `${base}?view=${name}`,
          label: labels[name],
          current: name === (view ?? fitting),
        }))}
      />
      <Body requirement={requirement} tasks={tasks} view={view} path={path} base={base} ended={ended} />
      <UndoBar requirementId={requirementId} />
    </Page>
  )
}

function Facts({ requirement, tasks }: { requirement: Requirement; tasks: Tasks }) {
  const done = tasks.filter((task) => task.status === 'done').length
  return (
    <section aria-label="State" className="flex flex-col gap-2">
      {/* While somebody is next, theirs is the reason that is true now. */}
      {requirement.statusReason && !requirement.next && (
        <p className="max-w-measure text-body">
          <VisibleText text={requirement.statusReason} />
        </p>
      )}
      <ul className="flex flex-wrap items-center gap-x-4 gap-y-1 text-table text-muted">
        {tasks.length > 0 && (
          <li className="flex items-center gap-2">
            <Progress value={done} total={tasks.length} label="Tasks done" className="w-24" />
            <span className="number">
              {done} of {tasks.length} tasks done
            </span>
          </li>
        )}
        <li className="number">{requirement.totalsInWords}</li>
        <li>Cost {requirement.cost.cost}</li>
        <li>
          submitted{requirement.submittedBy && ` by ${requirement.submittedBy}`} <Time value={requirement.createdAt} />
        </li>
        {requirement.closedAt && (
          <li>
            closed <Time value={requirement.closedAt} />
          </li>
        )}
      </ul>
    </section>
  )
}

interface BodyProps {
  requirement: Requirement
  tasks: Tasks
  view: RequirementViewName | null
  path?: string
  base: string
  ended: boolean
}

function Body({ requirement, tasks, view, path, base, ended }: BodyProps) {
  switch (view) {
    case 'statements':
      return (
        <div className="flex flex-col gap-4">
          <StatementTable requirement={requirement} />
          <details className="rounded-lg border border-border bg-surface">
            <summary className="target content-center px-4 text-body font-medium">The text as it was submitted</summary>
            <p className="max-w-measure border-t border-border px-4 py-3 text-body wrap-anywhere whitespace-pre-wrap">
              <VisibleText text={requirement.text} />
            </p>
          </details>
        </div>
      )
    case 'activity':
      return <ActivityFeed about={{ requirementId: requirement.id }} />
    case 'cost':
      return (
        <div className="flex flex-col gap-4">
          <BudgetPanel level="requirement" ownerId={requirement.id} />
          <CostTable cost={requirement.cost} />
        </div>
      )
    case 'files':
      return (
        <FileBrowser
          projectId={requirement.projectId}
          path={path}
          hrefOf={(file) => `${base}?view=files&path=${encodeURIComponent(file)}`}
          scripted={requirement.project.providerMode === 'scripted'}
        />
      )
    default: {
      const shown = tasks.length > 0 ? tasks : proposedNodes(requirement.plans[0])
      const hrefOf = ({ id, status }: { id: string; status: string }) =>
        status === 'proposed' ? `#proposed-${id}` : `/projects/${requirement.projectId}/tasks/${id}`
      return (
        <div className="flex flex-col gap-4">
          {shown.length > 0 ? (
            <PlanViews tasks={shown} hrefOf={hrefOf} view={view} />
          ) : (
            <Empty title={ended ? 'There was no plan' : 'The plan appears here'}>
              {ended
                ? 'The requirement ended before a plan was made. The statements show what became of each sentence.'
                : 'The Analyst turns the statements into tasks that depend on each other. Above stands what that waits for.'}
            </Empty>
          )}
          <PlanSummary plans={requirement.plans} />
        </div>
      )
    }
  }
}
