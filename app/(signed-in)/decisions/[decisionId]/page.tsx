import type { Metadata } from 'next'
import { DecisionOrigin, DecisionWhy } from '#components/decisions/decision-facts'
import { DecisionForm } from '#components/decisions/decision-form'
import { DecisionOutcome } from '#components/decisions/decision-outcome'
import { PlannedTasks } from '#components/requirements/plan-summary'
import { VisibleText } from '#components/runs/visible-text'
import { Column, Page, PageHeader } from '#components/shell/page'
import { ScriptedBanner } from '#components/shell/scripted-banner'
import { ButtonLink } from '#components/ui/link'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'
import { sendAnswer } from './actions'

export const metadata: Metadata = { title: 'Decision' }

interface DecisionProps {
  params: Promise<{ decisionId: string }>
  searchParams: Promise<{ late?: string | string[]; sent?: string | string[] }>
}

/**
 * One decision, where links in messages lead. Works on a phone and without JavaScript: that is why no `loading.tsx` may
 * stand above it (what streams in behind a placeholder stays hidden when no script puts it in place).
 */
export default async function DecisionPage({ params, searchParams }: DecisionProps) {
  const { decisionId } = await params
  const { late, sent } = await searchParams
  const { decision, shell, plan } = await read(async (api) => {
    const [decision, shell] = await Promise.all([api.decisions.one({ decisionId }), api.overview.shell()])
    const { kind, requirementId } = decision
    const requirement = kind === 'plan_approval' && requirementId ? await api.requirements.one({ requirementId }) : null
    return { decision, shell, plan: requirement?.plans[0] }
  })
  const open = decision.status === 'open'
  const mayAnswer = shell.allowed.includes('decision.answer')
  const back = decision.requirementId
    ? { href: `/projects/${decision.projectId}/requirements/${decision.requirementId}`, label: 'Watch the requirement' }
    : { href: `/projects/${decision.projectId}`, label: 'Go to the project' }
  return (
    <>
      {decision.providerMode === 'scripted' && <ScriptedBanner />}
      <Page state={open && !mayAnswer ? 'denied' : 'ready'}>
        <PageHeader
          title={<VisibleText text={decision.question} />}
          crumbs={[
            { href: '/decisions', label: 'Decisions' },
            { href: `/projects/${decision.projectId}`, label: decision.projectName },
          ]}
        />
        <Column>
          <DecisionOrigin decision={decision} />
          <DecisionWhy decision={decision} />
          {plan && (
            <details className="rounded-lg border border-border bg-surface">
              <summary className="target content-center px-4 text-body font-medium">
                The plan: {plan.tasks.length} tasks
              </summary>
              <div className="flex flex-col gap-2 border-t border-border px-4 py-3">
                <p className="whitespace-pre-wrap">
                  <VisibleText text={plan.summary} />
                </p>
                <PlannedTasks plan={plan} />
              </div>
            </details>
          )}
          {!open && late && (
            <p role="alert" className="rounded-md bg-needs-you-soft px-3 py-2 text-body text-needs-you-fg">
              Somebody was first: your answer was not taken. This is the answer that counts.
            </p>
          )}
          {!open && sent && (
            <p role="status" className="rounded-md bg-succeeded-soft px-3 py-2 text-body text-succeeded-fg">
              Your answer was taken. Work that waited for it goes on by itself.
            </p>
          )}
          {!open && <DecisionOutcome decision={decision} />}
          {open && mayAnswer && <DecisionForm decision={decision} action={sendAnswer} />}
          {open && !mayAnswer && <DeniedPanel what="Answering" needed="member" yours="viewer" />}
          {!open && (
            <ButtonLink href={back.href} className="self-start">
              {back.label}
            </ButtonLink>
          )}
        </Column>
      </Page>
    </>
  )
}
