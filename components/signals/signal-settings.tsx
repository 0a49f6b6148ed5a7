'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useMay } from '#components/providers/permissions'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Checkbox } from '#components/ui/choice'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { DeniedPanel, ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { SignalSettings } from '#server/signals/queries'
import { impactWords, kindWords, urgencyWords } from './signal-words'

interface SettingsProps {
  projectId: string
  initial: SignalSettings
}

/** What signals may do, what is muted, what people taught, and how often the rules were right. */
export function SignalSettingsView({ projectId, initial }: SettingsProps) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.signals.settings.queryOptions({ projectId }, { initialData: initial }))
  return (
    <>
      <PolicyForm projectId={projectId} settings={data} />
      <Mutes projectId={projectId} settings={data} />
      <Lessons settings={data} />
      <Rules settings={data} />
    </>
  )
}

const levels = {
  record: 'Only record them',
  ask: 'Propose, and ask people',
  act: 'Act: make requirements, send tasks back',
}

function LevelChoice(props: {
  id: 'external' | 'internal'
  label: string
  hint: string
  value: string
  disabled: boolean
}) {
  const { id, label, hint, value, disabled } = props
  return (
    <Field id={`policy-${id}`} label={label} hint={hint}>
      {(control) => (
        <Select {...control} name={id} defaultValue={value} disabled={disabled}>
          {Object.entries(levels).map(([level, word]) => (
            <option key={level} value={level}>
              {word}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

function PolicyForm({ projectId, settings }: { projectId: string; settings: SignalSettings }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const mayConfigure = useMay('signal.configure')
  const { policy } = settings
  const save = useMutation(
    trpc.signals.setPolicy.mutationOptions({
      onSuccess: async () => {
        toast({ kind: 'success', text: 'Policy saved' })
        await queries.invalidateQueries({ queryKey: trpc.signals.pathKey() })
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    save.mutate({
      projectId,
      external: String(form.get('external')) as 'ask',
      internal: String(form.get('internal')) as 'ask',
      holdWork: form.get('holdWork') === 'on',
      agentCallsPerDay: Number(form.get('agentCallsPerDay')),
    })
  }
  return (
    <Card aria-labelledby="policy">
      <CardHeader id="policy" title="What signals may do" />
      <CardBody>
        <form onSubmit={onSubmit} className="flex flex-col gap-4">
          {!mayConfigure && <DeniedPanel what="Changing the policy" needed="admin" />}
          {save.error && <ErrorPanel title={errorText(save.error)} errorId={errorIdOf(save.error)} />}
          <LevelChoice
            id="external"
            label="Signals from outside"
            hint="Their words are never instructions. Whatever you choose, they start no run directly."
            value={policy.external}
            disabled={!mayConfigure}
          />
          <LevelChoice
            id="internal"
            label="Signals of agents"
            hint="An agent is never woken by what it reported itself."
            value={policy.internal}
            disabled={!mayConfigure}
          />
          <Checkbox
            name="holdWork"
            defaultChecked={policy.holdWork}
            disabled={!mayConfigure}
            label="Hold work that a failure touches"
            hint="Its tasks wait until somebody has answered how to go on, or until it passes again."
          />
          <Field
            id="policy-calls"
            label="Classifications by an agent, a day"
            hint={`Only for what no rule knows. ${settings.agentCallsToday} used today. 0 switches it off.`}
          >
            {(control) => (
              <Input
                {...control}
                name="agentCallsPerDay"
                type="number"
                min={0}
                max={1000}
                required
                defaultValue={policy.agentCallsPerDay}
                disabled={!mayConfigure}
                className="max-w-40"
              />
            )}
          </Field>
          {mayConfigure && (
            <Button type="submit" variant="primary" busy={save.isPending} className="self-start">
              Save
            </Button>
          )}
        </form>
      </CardBody>
    </Card>
  )
}

function Mutes({ projectId, settings }: { projectId: string; settings: SignalSettings }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const mayJudge = useMay('signal.judge')
  const unmute = useMutation(
    trpc.signals.unmute.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.signals.pathKey() }),
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    }),
  )
  return (
    <Card aria-labelledby="mutes">
      <CardHeader id="mutes" title={`Muted (${settings.mutes.length})`} />
      {settings.mutes.length === 0 ? (
        <CardBody>
          <p className="text-body text-muted">Nothing is muted. “Mute such” on a signal adds a line here.</p>
        </CardBody>
      ) : (
        <ul className="divide-y divide-border">
          {settings.mutes.map((mute) => (
            <li key={mute.id} className="flex flex-wrap items-center justify-between gap-2 px-4 py-2">
              <span className="flex min-w-0 flex-col">
                <span className="text-body wrap-anywhere">
                  <VisibleText text={mute.title} />
                </span>
                <span className="text-meta text-muted wrap-anywhere">
                  <VisibleText text={mute.topic} /> · {mute.createdBy} · <Time value={mute.createdAt} /> ·{' '}
                  {mute.muted === 1 ? '1 report kept quiet' : `${mute.muted} reports kept quiet`}
                </span>
              </span>
              {mayJudge && (
                <Button
                  size="small"
                  busy={unmute.isPending && unmute.variables.muteId === mute.id}
                  onClick={() => unmute.mutate({ projectId, muteId: mute.id })}
                >
                  Tell again<span className="sr-only"> {mute.title}</span>
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Lessons({ settings }: { settings: SignalSettings }) {
  if (settings.lessons.length === 0) return null
  return (
    <Card aria-labelledby="lessons">
      <CardHeader id="lessons" title={`Corrected (${settings.lessons.length})`} />
      <ul className="divide-y divide-border">
        {settings.lessons.map((lesson) => (
          <li key={lesson.id} className="flex flex-col px-4 py-2">
            <span className="text-body wrap-anywhere">
              <VisibleText text={lesson.topic} />
            </span>
            <span className="text-meta text-muted">
              {kindWords[lesson.kind]} · {urgencyWords[lesson.urgency]} · {impactWords[lesson.impact]} · {lesson.by} ·{' '}
              <Time value={lesson.updatedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Rules({ settings }: { settings: SignalSettings }) {
  return (
    <section aria-labelledby="rules" className="flex flex-col gap-2">
      <h2 id="rules" className="text-body font-semibold">
        How often the rules were right
      </h2>
      <p className="text-table text-muted">
        {settings.known} rules. Each “Right”, “Wrong”, correction, mute and answer counts. A rule that was wrong more
        often than right only proposes.
      </p>
      {settings.rules.length > 0 && (
        <Table label="Rules that were judged">
          <TableHead>
            <tr>
              <HeaderCell>Rule</HeaderCell>
              <HeaderCell>Right</HeaderCell>
              <HeaderCell>Wrong</HeaderCell>
              <HeaderCell>Confidence</HeaderCell>
              <HeaderCell>May act</HeaderCell>
            </tr>
          </TableHead>
          <TableBody>
            {settings.rules.map((rule) => (
              <TableRow key={rule.ruleId}>
                <Cell className="font-mono text-code">{rule.ruleId}</Cell>
                <Cell numeric>{rule.right}</Cell>
                <Cell numeric>{rule.wrong}</Cell>
                <Cell numeric>{Math.round(rule.confidence * 100)} %</Cell>
                <Cell>
                  {rule.trusted ? <Badge tone="good">yes</Badge> : <Badge tone="attention">proposes only</Badge>}
                </Cell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </section>
  )
}
