import type { Metadata } from 'next'
import { DecisionKnown, DecisionPrecedents } from '#components/decisions/decision-known'
import { DecisionOutcome } from '#components/decisions/decision-outcome'
import { LinkClosed, LinkSaid } from '#components/decisions/link-closed'
import { LinkForm } from '#components/decisions/link-form'
import { TakeBack } from '#components/decisions/take-back'
import { VisibleText } from '#components/runs/visible-text'
import { PlainShell } from '#components/shell/plain-shell'
import { ScriptedBadge } from '#components/ui/badge'
import { PlainButtonLink, PlainTime } from '#components/ui/plain'
import { caller } from '#server/trpc/caller'
import { keptRefusal } from '../../_components/refusal'
import { answerLink, undoLink } from './actions'

/** Not "no-referrer": browsers then send forms without an origin, and those are refused. */
export const metadata: Metadata = {
  title: 'Decision',
  referrer: 'same-origin',
  robots: { index: false, follow: false },
}

interface LinkPageProps {
  params: Promise<{ token: string }>
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

/**
 * A decision from a message, for the person it was sent to: on a phone, without signing in, without JavaScript. Opening
 * it changes nothing, whoever opens it and however often; only the form's button does.
 */
export default async function LinkPage({ params, searchParams }: LinkPageProps) {
  const [{ token }, said] = await Promise.all([params, searchParams])
  const view = await (await caller()).decisions.behindLink({ token: token.slice(0, 200) })
  const decision = view.state === 'unknown' ? null : view.decision
  if (view.state === 'unknown' || !decision) {
    return (
      <PlainShell>
        <LinkClosed view={view} />
      </PlainShell>
    )
  }
  const open = view.state === 'open'
  return (
    <PlainShell>
      <main id="main" tabIndex={-1} data-state="ready" className="flex flex-col gap-5 outline-none">
        <div className="flex flex-col gap-2">
          <p className="flex flex-wrap items-center gap-2 text-table text-muted">
            <VisibleText text={`${view.organization} · ${decision.projectName}`} />
            {decision.providerMode === 'scripted' && <ScriptedBadge />}
          </p>
          <h1 className="text-title font-semibold wrap-anywhere">
            <VisibleText text={decision.question} />
          </h1>
          {decision.why && (
            <p className="text-body whitespace-pre-wrap">
              <VisibleText text={decision.why} />
            </p>
          )}
        </div>
        <LinkSaid said={said} view={view} token={token} refusal={said.refused ? await keptRefusal() : null} />
        {decision.status !== 'open' && (
          <DecisionOutcome decision={decision} When={PlainTime}>
            {!said.refused && <TakeBack decision={decision} now={Date.now()} action={undoLink} fields={{ token }} />}
          </DecisionOutcome>
        )}
        {open && <LinkForm decision={decision} view={{ ...view, token }} action={answerLink} />}
        {open && (
          <details className="rounded-lg border border-border bg-surface">
            <summary className="target content-center px-4 py-2 text-body font-medium">What is known</summary>
            <div className="border-t border-border px-4 py-3">
              <DecisionKnown decision={decision} When={PlainTime} />
            </div>
          </details>
        )}
        {open && <DecisionPrecedents decision={decision} />}
        <PlainButtonLink href={`/decisions/${decision.id}`} className="self-start">
          Open it in Orchestrator
        </PlainButtonLink>
      </main>
    </PlainShell>
  )
}
