'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { useMay } from '#components/providers/permissions'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { ConfirmButton } from '#components/shell/confirm-button'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Dialog, DialogClose } from '#components/ui/dialog'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { DeniedPanel, ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { Textarea } from '#components/ui/textarea'
import { toast } from '#components/ui/toast'
import type { SignalView } from '#server/signals/queries'
import { impactWords, kindWords, urgencyWords } from './signal-words'

/** What people can do with a signal, and teach by it. */
export function SignalControls({ signal }: { signal: SignalView }) {
  const mayJudge = useMay('signal.judge')
  const maySubmit = useMay('requirement.submit')
  if (!mayJudge && !maySubmit) return <DeniedPanel what="Judging signals" needed="member" />
  return (
    <Card aria-labelledby="controls">
      <CardHeader id="controls" title="What now" />
      <CardBody className="flex flex-col items-start gap-3">
        {maySubmit && !signal.madeRequirementId && <TurnButton signal={signal} />}
        {mayJudge && <JudgeButtons signal={signal} />}
        {mayJudge && <CorrectForm signal={signal} />}
        {mayJudge && (
          <div className="flex flex-wrap gap-2">
            {signal.status === 'open' && <CloseButton signal={signal} />}
            {!signal.muted && signal.topic && <MuteButton signal={signal} />}
          </div>
        )}
        {signal.muted && (
          <p className="text-table text-muted">Such signals are muted. The settings of signals end that.</p>
        )}
      </CardBody>
    </Card>
  )
}

function useRefresh() {
  const trpc = useTRPC()
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: trpc.signals.pathKey() })
}

/** One click says whether it was judged right; the rule's record counts it. */
function JudgeButtons({ signal }: { signal: SignalView }) {
  const trpc = useTRPC()
  const refresh = useRefresh()
  const judge = useMutation(
    trpc.signals.judge.mutationOptions({
      onSuccess: refresh,
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    }),
  )
  const button = (right: boolean, label: string) => (
    <Button
      size="small"
      aria-pressed={signal.judged === (right ? 'right' : 'wrong')}
      variant={signal.judged === (right ? 'right' : 'wrong') ? 'primary' : 'secondary'}
      busy={judge.isPending && judge.variables.right === right}
      onClick={() => judge.mutate({ signalId: signal.id, right })}
    >
      {label}
    </Button>
  )
  return (
    <fieldset className="flex flex-wrap items-center gap-2">
      <legend className="mb-1 text-table text-muted">Was it judged and routed right?</legend>
      {button(true, 'Right')}
      {button(false, 'Wrong')}
    </fieldset>
  )
}

const asOptions = (words: Record<string, string>) =>
  Object.entries(words).map(([value, word]) => (
    <option key={value} value={value}>
      {word}
    </option>
  ))

function CorrectForm({ signal }: { signal: SignalView }) {
  const trpc = useTRPC()
  const refresh = useRefresh()
  const correct = useMutation(
    trpc.signals.correct.mutationOptions({
      onSuccess: async () => {
        toast({ kind: 'success', text: 'Corrected; such signals are taken for the same from now on' })
        await refresh()
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const value = (name: string) => String(form.get(name) ?? '')
    correct.mutate({
      signalId: signal.id,
      kind: value('kind') as 'requirement',
      urgency: value('urgency') as 'now',
      impact: value('impact') as 'task',
      routedTo: value('routedTo') as '',
    })
  }
  return (
    <details className="w-full">
      <summary className="target cursor-pointer content-center text-body font-medium">
        Correct the classification
      </summary>
      <form onSubmit={onSubmit} className="mt-2 flex flex-col gap-3">
        {correct.error && <ErrorPanel title={errorText(correct.error)} errorId={errorIdOf(correct.error)} />}
        {/* Made anew with what is true now; the button keeps the focus. */}
        <div key={`${signal.kind}${signal.urgency}${signal.impact}`} className="grid gap-3 sm:grid-cols-2">
          <Field id="correct-kind" label="Kind">
            {(control) => (
              <Select {...control} name="kind" defaultValue={signal.kind}>
                {asOptions(kindWords)}
              </Select>
            )}
          </Field>
          <Field id="correct-urgency" label="Urgency">
            {(control) => (
              <Select {...control} name="urgency" defaultValue={signal.urgency}>
                {asOptions(urgencyWords)}
              </Select>
            )}
          </Field>
          <Field id="correct-impact" label="Impact">
            {(control) => (
              <Select {...control} name="impact" defaultValue={signal.impact}>
                {asOptions(impactWords)}
              </Select>
            )}
          </Field>
          <Field id="correct-route" label="Goes to">
            {(control) => (
              <Select {...control} name="routedTo" defaultValue="">
                <option value="">As the rules say</option>
                <option value="group">The team</option>
                <option value="nobody">Nobody</option>
              </Select>
            )}
          </Field>
        </div>
        <p className="text-table text-muted">It counts for every signal of this topic from now on.</p>
        <Button type="submit" busy={correct.isPending} className="self-start">
          Correct
        </Button>
      </form>
    </details>
  )
}

/** What will be submitted is shown first, and can be changed. */
function TurnButton({ signal }: { signal: SignalView }) {
  const trpc = useTRPC()
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const turn = useMutation(
    trpc.signals.turnIntoRequirement.mutationOptions({
      onSuccess: ({ requirementId, projectId, number }) => {
        toast({ kind: 'success', text: `It is requirement R${number} now` })
        router.push(`/projects/${projectId}/requirements/${requirementId}`)
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    turn.mutate({ signalId: signal.id, title: String(form.get('title')), text: String(form.get('text')) })
  }
  return (
    <>
      <Button variant="primary" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Turn into requirement
      </Button>
      {open && (
        <Dialog
          wide
          onClose={() => setOpen(false)}
          title="Turn into requirement"
          description="Agents plan and build what you submit here. What was reported stands in a quotation; write your own words above it."
          actions={
            <>
              <DialogClose>Not now</DialogClose>
              <Button type="submit" form="turn-form" variant="primary" busy={turn.isPending}>
                Submit requirement
              </Button>
            </>
          }
        >
          <form id="turn-form" onSubmit={onSubmit} className="flex flex-col gap-4">
            {turn.error && <ErrorPanel title={errorText(turn.error)} errorId={errorIdOf(turn.error)} />}
            <Field id="turn-title" label="Title">
              {(control) => (
                <Input {...control} name="title" required maxLength={200} defaultValue={signal.proposal.title} />
              )}
            </Field>
            <Field id="turn-text" label="Text">
              {(control) => (
                <Textarea {...control} name="text" required rows={12} defaultValue={signal.proposal.text} />
              )}
            </Field>
          </form>
        </Dialog>
      )}
    </>
  )
}

function CloseButton({ signal }: { signal: SignalView }) {
  const trpc = useTRPC()
  const refresh = useRefresh()
  const close = useMutation(trpc.signals.close.mutationOptions({ onSuccess: refresh }))
  return (
    <ConfirmButton
      label="Close"
      of={signal.title}
      title="Close this signal?"
      description={
        signal.held > 0
          ? 'Held tasks go on and the open question is withdrawn. If it is reported again, it is opened again.'
          : 'If it is reported again, it is opened again.'
      }
      keep="Keep it open"
      onConfirm={() => close.mutateAsync({ signalId: signal.id, reason: '' })}
    />
  )
}

function MuteButton({ signal }: { signal: SignalView }) {
  const trpc = useTRPC()
  const refresh = useRefresh()
  const mute = useMutation(trpc.signals.muteSuch.mutationOptions({ onSuccess: refresh }))
  return (
    <ConfirmButton
      label="Mute such"
      of={signal.title}
      title="Mute such signals?"
      description={`Every signal of the topic “${signal.topic}” is kept and counted, but told to nobody. The settings of signals end a mute.`}
      keep="Keep telling"
      onConfirm={() => mute.mutateAsync({ signalId: signal.id })}
    />
  )
}
