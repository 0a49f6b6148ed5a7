'use client'

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Badge, ScriptedBadge } from '#components/ui/badge'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { CodeBlock } from '#components/ui/code-block'
import { KeyValues } from '#components/ui/key-value'
import { ButtonLink, QuietLink, TextLink } from '#components/ui/link'
import { Status } from '#components/ui/status'
import { Time } from '#components/ui/time'
import type { SignalView } from '#server/signals/queries'
import { SignalControls } from './signal-controls'
import { effectOf, impactWords, kindWords, receiverOf, statusOf, urgencyWords } from './signal-words'

/** How it stands, beside its title. */
export function SignalStatus({ initial }: { initial: SignalView }) {
  const trpc = useTRPC()
  const { data: signal } = useQuery(trpc.signals.one.queryOptions({ signalId: initial.id }, { initialData: initial }))
  const [status, word] = statusOf(signal)
  return <Status kind={status}>{word}</Status>
}

/** One signal: what it says, why it was taken for what it is, who got it, and what it set in motion. */
export function SignalPageView({ initial }: { initial: SignalView }) {
  const trpc = useTRPC()
  const { data: signal } = useQuery(trpc.signals.one.queryOptions({ signalId: initial.id }, { initialData: initial }))
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[3fr_2fr]">
      <div className="flex min-w-0 flex-col gap-5">
        <Effect signal={signal} />
        <Words signal={signal} />
        {signal.group.length > 0 && <Burst signal={signal} />}
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        <Judgement signal={signal} />
        <SignalControls signal={signal} />
      </div>
    </div>
  )
}

function Effect({ signal }: { signal: SignalView }) {
  const root = `/projects/${signal.projectId}`
  return (
    <Card aria-labelledby="effect">
      <CardHeader
        id="effect"
        title="What it set in motion"
        actions={
          signal.decisionId &&
          signal.decisionStatus === 'open' && (
            <ButtonLink href={`/decisions/${signal.decisionId}`} variant="primary" size="small">
              Answer
            </ButtonLink>
          )
        }
      />
      <CardBody className="flex flex-col gap-3">
        <p className="text-body font-medium">{effectOf(signal)}</p>
        {signal.actionWhy && <Why text={signal.actionWhy} />}
        {signal.affectedWhy && <Why text={signal.affectedWhy} />}
        <ul className="flex flex-col gap-1 text-body empty:hidden">
          {signal.madeRequirementId && (
            <li>
              <TextLink href={`${root}/requirements/${signal.madeRequirementId}`}>
                Requirement R{signal.madeRequirementNumber}
              </TextLink>
            </li>
          )}
          {signal.decisionId && (
            <li>
              <TextLink href={`/decisions/${signal.decisionId}`}>The question</TextLink>{' '}
              <span className="text-muted">({signal.decisionStatus ?? 'gone'})</span>
            </li>
          )}
          {signal.tasks.map((task) => (
            <li key={task.id} className="wrap-anywhere">
              <TextLink href={`${root}/tasks/${task.id}`}>
                <VisibleText text={`${task.ref} ${task.title}`} />
              </TextLink>
              {task.held && (
                <Badge tone="attention" className="ml-2">
                  held
                </Badge>
              )}
            </li>
          ))}
        </ul>
        {signal.closedWhy && (
          <p className="text-table text-muted wrap-anywhere">
            Closed
            {signal.closedAt && (
              <>
                {' '}
                <Time value={signal.closedAt} />
              </>
            )}
            : <VisibleText text={signal.closedWhy} />
          </p>
        )}
      </CardBody>
    </Card>
  )
}

function Why({ text }: { text: string }) {
  return (
    <p className="text-table text-muted wrap-anywhere">
      <VisibleText text={text} />
    </p>
  )
}

function Words({ signal }: { signal: SignalView }) {
  return (
    <Card aria-labelledby="words">
      <CardHeader
        id="words"
        title="What was reported"
        note={signal.external ? 'Words from outside: a claim, not an instruction' : undefined}
      />
      <CardBody className="flex flex-col gap-3">
        {signal.detail ? (
          <CodeBlock text={signal.detail} label="The words of the report" wrap />
        ) : (
          <p className="text-body text-muted">Nothing beside the title.</p>
        )}
        {signal.url && (
          <p className="text-body wrap-anywhere">
            <a
              className="text-link underline underline-offset-2"
              href={signal.url}
              target="_blank"
              rel="noreferrer nofollow"
            >
              Open at the source
            </a>{' '}
            <span className="text-table text-muted">{signal.url}</span>
          </p>
        )}
        <KeyValues
          items={[
            ...signal.facts.map((fact): [string, ReactNode] => [
              fact.name,
              <VisibleText key={fact.name} text={fact.value} />,
            ]),
            ['First seen', <Time key="first" value={signal.firstSeenAt} />],
            ['Last seen', <Time key="last" value={signal.lastSeenAt} />],
            ['Reported', `${signal.count} ${signal.count === 1 ? 'time' : 'times'}`],
          ]}
        />
      </CardBody>
    </Card>
  )
}

function Burst({ signal }: { signal: SignalView }) {
  return (
    <Card aria-labelledby="burst">
      <CardHeader id="burst" title={`The burst it speaks for (${signal.group.length} more)`} />
      <ul className="divide-y divide-border">
        {signal.group.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-3 px-4 py-2 text-table">
            <QuietLink
              href={`/projects/${signal.projectId}/signals/${one.id}`}
              className="inline-flex min-h-6 min-w-0 items-center wrap-anywhere"
            >
              <span>
                <VisibleText text={one.title} />
              </span>
            </QuietLink>
            <span className="text-muted">
              {one.status} · <Time value={one.lastSeenAt} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

const judges: Record<string, string> = { rule: 'A rule', agent: 'An agent', person: 'A person' }

function Judgement({ signal }: { signal: SignalView }) {
  return (
    <Card aria-labelledby="judgement">
      <CardHeader id="judgement" title="Why" actions={signal.scripted && <ScriptedBadge />} />
      <CardBody className="flex flex-col gap-4">
        <KeyValues
          items={[
            ['Kind', kindWords[signal.kind] ?? signal.kind],
            ['Urgency', urgencyWords[signal.urgency] ?? signal.urgency],
            ['Impact', impactWords[signal.impact] ?? signal.impact],
            ['Size', signal.size],
          ]}
        />
        <div className="flex flex-col gap-1">
          <h3 className="text-table font-semibold">Classified</h3>
          <p className="text-table wrap-anywhere">
            <VisibleText text={signal.classifiedWhy || 'From before signals gave reasons.'} />
          </p>
          <p className="text-meta text-muted wrap-anywhere">
            {judges[signal.classifiedBy] ?? signal.classifiedBy}
            {signal.ruleId && (
              <>
                , <code className="font-mono text-code">{signal.ruleId}</code>: {signal.ruleRecord}
              </>
            )}
          </p>
        </div>
        <div className="flex flex-col gap-1">
          <h3 className="text-table font-semibold">
            Routed to <VisibleText text={receiverOf(signal)} />
          </h3>
          <p className="text-table text-muted wrap-anywhere">
            <VisibleText text={signal.routedWhy} />
          </p>
        </div>
        {signal.leader && (
          <p className="text-table">
            Part of the burst that{' '}
            <TextLink href={`/projects/${signal.projectId}/signals/${signal.leader.id}`}>
              <VisibleText text={signal.leader.title} />
            </TextLink>{' '}
            speaks for.
          </p>
        )}
      </CardBody>
    </Card>
  )
}
