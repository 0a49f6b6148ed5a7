'use client'

import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useMay } from '#components/providers/permissions'
import { useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Page, PageHeader } from '#components/shell/page'
import { Empty } from '#components/ui/empty'
import { DeniedPanel } from '#components/ui/page-state'
import type { AppRouter } from '#server/trpc/root'
import { ChangeHistory } from './change-history'
import { PlanEditor } from './plan-editor'
import { PlanSummary } from './plan-summary'
import { RequirementStatus } from './requirement-status'
import { UndoBar } from './undo-bar'

type Outputs = inferRouterOutputs<AppRouter>['requirements']

export interface PlanPageProps {
  initial: { requirement: Outputs['one']; plan: Outputs['plan']; changes: Outputs['changes'] }
}

/** The plan to change while agents are at work, and everything that was changed in it. */
export function PlanPage({ initial }: PlanPageProps) {
  const trpc = useTRPC()
  const may = useMay('task.change')
  const input = { requirementId: initial.requirement.id }
  const requirement = useQuery(trpc.requirements.one.queryOptions(input, { initialData: initial.requirement })).data
  const plan = useQuery(trpc.requirements.plan.queryOptions(input, { initialData: initial.plan })).data
  const changes = useQuery(trpc.requirements.changes.queryOptions(input, { initialData: initial.changes })).data
  const { id, number, projectId, title } = requirement
  const open = requirement.closedAt === null
  return (
    <Page state={plan.tasks.length === 0 && changes.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title={`Plan of R${number}`}
        crumbs={[
          { href: `/projects/${projectId}`, label: requirement.project.name },
          { href: `/projects/${projectId}/requirements/${id}`, label: `R${number}` },
        ]}
        meta={
          <>
            <RequirementStatus status={requirement.pausedBy ? 'paused' : requirement.status} />
            {plan.revision !== null && <span className="number text-table text-muted">revision {plan.revision}</span>}
          </>
        }
        description={<VisibleText text={title} />}
      />
      {open && plan.tasks.length > 0 && !may && <DeniedPanel what="Changing the plan" needed="member" />}
      {plan.tasks.length === 0 ? (
        <Empty title="There is no accepted plan">
          {open
            ? 'Once the plan is accepted, its tasks can be changed here while agents work on them.'
            : 'The requirement ended before a plan was accepted.'}
        </Empty>
      ) : (
        <PlanEditor requirementId={id} plan={plan} editable={open && may} />
      )}
      <section aria-labelledby="history" className="flex flex-col gap-3">
        <h2 id="history" className="text-lead font-semibold">
          Changes
        </h2>
        <ChangeHistory changes={changes} />
      </section>
      <section aria-labelledby="revisions" className="flex flex-col gap-3">
        <h2 id="revisions" className="text-lead font-semibold">
          Revisions
        </h2>
        <PlanSummary plans={requirement.plans} />
      </section>
      <UndoBar requirementId={id} />
    </Page>
  )
}
