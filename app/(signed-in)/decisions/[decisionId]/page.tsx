import type { Metadata } from 'next'
import { DecisionOrigin, DecisionWhy, NotAsked } from '#components/decisions/decision-facts'
import { DecisionForm } from '#components/decisions/decision-form'
import { DecisionKeys, KeyHint } from '#components/decisions/decision-keys'
import { DecisionKnown, DecisionPrecedents } from '#components/decisions/decision-known'
import { DecisionLive } from '#components/decisions/decision-live'
import { DecisionOutcome } from '#components/decisions/decision-outcome'
import { HandingForms } from '#components/decisions/handing-forms'
import { TakeBack } from '#components/decisions/take-back'
import { WhilePossible } from '#components/decisions/while-possible'
import { PlannedTasks } from '#components/requirements/plan-summary'
import { VisibleText } from '#components/runs/visible-text'
import { Column, Page, PageHeader } from '#components/shell/page'
import { ScriptedBanner } from '#components/shell/scripted-banner'
import { ButtonLink, TextLink } from '#components/ui/link'
import { Time } from '#components/ui/time'
import { keptRefusal } from '../../../_components/refusal'
import { read } from '../../_components/read'
import { handOver, putOff, sendAnswer, setClock, takeBack } from './actions'

export const metadata: Metadata = { title: 'Decision' }

/** What the last sent form came to. */
async function Said(props: Record<string, string | string[] | undefined | boolean>) {
  const { open, sent, undone, handed, snoozed, clock, refused } = props
  if (refused) {
    return (
      <p role="alert" className="rounded-md bg-failed-soft px-3 py-2 text-body text-failed-fg">
        {await keptRefusal()}
      </p>
    )
  }
  const text =
    (sent && !open && 'Your answer was taken. Work that waited for it goes on by itself.') ||
    (undone && open && 'The answer was taken back: the question is open again.') ||
    (handed && 'It was handed over.') ||
    (snoozed && 'Put off: your inbox shows it again later. It stays open for everybody else.') ||
    (clock && 'The clock was changed.')
  if (!text) return null
  return (
    <p role="status" className="rounded-md bg-succeeded-soft px-3 py-2 text-body text-succeeded-fg">
      {text}
    </p>
  )
}

interface DecisionProps {
  params: Promise<{ decisionId: string }>
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

/**
 * One decision, where links in messages lead. Works on a phone and without JavaScript: that is why no `loading.tsx` may
 * stand above it (what streams in behind a placeholder stays hidden when no script puts it in place).
 */
export default async function DecisionPage({ params, searchParams }: DecisionProps) {
  const { decisionId } = await params
  const { late, ...said } = await searchParams
  const { decision, shell, plan, members } = await read(async (api) => {
    const [decision, shell, members] = await Promise.all([
      api.decisions.one({ decisionId }),
      api.overview.shell(),
      api.members.list(),
    ])
    const { kind, requirementId } = decision
    const requirement = kind === 'plan_approval' && requirementId ? await api.requirements.one({ requirementId }) : null
    return { decision, shell, plan: requirement?.plans[0], members }
  })
  const now = Date.now()
  const open = decision.status === 'open'
  const mayAnswer = shell.allowed.includes('decision.answer') && decision.asked
  const back = decision.requirementId
    ? { href: `/projects/${decision.projectId}/requirements/${decision.requirementId}`, label: 'Watch the requirement' }
    : { href: `/projects/${decision.projectId}`, label: 'Go to the project' }
  return (
    <>
      {decision.providerMode === 'scripted' && <ScriptedBanner />}
      <DecisionLive decisionId={decision.id} />
      <Page state={open && !mayAnswer ? 'denied' : 'ready'}>
        <PageHeader
          title={<VisibleText text={decision.question} />}
          crumbs={[
            { href: '/decisions', label: 'Decisions' },
            { href: `/projects/${decision.projectId}`, label: decision.projectName },
          ]}
        />
        <DecisionKeys>
          <Column>
            <DecisionOrigin decision={decision} />
            <DecisionWhy decision={decision} />
            {open && <DecisionKnown decision={decision} When={Time} />}
            <DecisionPrecedents decision={decision} CaseLink={TextLink} />
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
            <Said {...said} open={open} />
            {!open && (
              <DecisionOutcome decision={decision} When={Time}>
                {mayAnswer && decision.undoUntil && (
                  <WhilePossible milliseconds={decision.undoUntil.getTime() - now}>
                    <TakeBack decision={decision} action={takeBack} now={now} hint={<KeyHint>(U)</KeyHint>} />
                  </WhilePossible>
                )}
              </DecisionOutcome>
            )}
            {open && mayAnswer && <DecisionForm decision={decision} action={sendAnswer} />}
            {open && !mayAnswer && (
              <NotAsked decision={decision} mayAnswer={shell.allowed.includes('decision.answer')} />
            )}
            {open && shell.allowed.includes('decision.delegate') && (
              <HandingForms decision={decision} members={members} actions={{ handOver, putOff, setClock }} />
            )}
            {!open && (
              <ButtonLink href={back.href} className="self-start">
                {back.label}
              </ButtonLink>
            )}
          </Column>
        </DecisionKeys>
      </Page>
    </>
  )
}
