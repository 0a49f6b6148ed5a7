'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Select } from '#components/ui/select'
import { toast } from '#components/ui/toast'
import type { DecisionView } from '#server/decisions/queries'
import { KeyHint } from './decision-keys'
import { ableToAnswer } from './decision-words'

/** Minutes a decision can be put off by, in words. */
const snoozes: [minutes: number, words: string][] = [
  [60, '1 hour'],
  [240, '4 hours'],
  [1440, '1 day'],
  [10_080, '1 week'],
]

function useHanding() {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const settle = () => queries.invalidateQueries({ queryKey: trpc.decisions.pathKey() })
  const onError = (error: unknown) => toast({ kind: 'error', text: 'Nothing was changed.', detail: errorText(error) })
  const snooze = useMutation(
    trpc.decisions.snooze.mutationOptions({
      onSuccess: () => toast({ kind: 'success', text: 'Put off. It stays open for everybody else.' }),
      onError,
      onSettled: settle,
    }),
  )
  const delegate = useMutation(
    trpc.decisions.delegate.mutationOptions({
      onSuccess: ({ assigneeName }) => toast({ kind: 'success', text: `Handed to ${assigneeName}` }),
      onError,
      onSettled: settle,
    }),
  )
  const hold = useMutation(trpc.decisions.hold.mutationOptions({ onError, onSettled: settle }))
  return { snooze, delegate, hold }
}

/**
 * Putting a decision off, and for whoever is asked: handing it to somebody, stopping its clock. H and D press the marked
 * buttons.
 */
export function DecisionHanding({ decision }: { decision: DecisionView }) {
  const { snooze, delegate, hold } = useHanding()
  const [minutes, setMinutes] = useState(60)
  const [handing, setHanding] = useState(false)
  return (
    <div className="flex flex-col gap-3 border-t border-border pt-3">
      <div className="flex flex-wrap items-center gap-2">
        <Button
          data-decision-key="h"
          busy={snooze.isPending}
          onClick={() => snooze.mutate({ decisionId: decision.id, minutes })}
        >
          Snooze <KeyHint>(H)</KeyHint>
        </Button>
        <Select
          aria-label="Snooze for"
          className="w-auto"
          value={minutes}
          onChange={(event) => setMinutes(Number(event.target.value))}
        >
          {snoozes.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Select>
        {decision.asked && (
          <Button data-decision-key="d" aria-expanded={handing} onClick={() => setHanding((open) => !open)}>
            Delegate <KeyHint>(D)</KeyHint>
          </Button>
        )}
        {decision.asked && decision.deadline && (
          <Button
            busy={hold.isPending}
            onClick={() => hold.mutate({ decisionId: decision.id, held: decision.heldAt === null })}
          >
            {decision.heldAt ? 'Start the clock' : 'Stop the clock'}
          </Button>
        )}
      </div>
      {handing && (
        <HandTo
          decision={decision}
          busy={delegate.isPending}
          onHand={(userId) => delegate.mutate({ decisionId: decision.id, userId })}
          onClose={() => setHanding(false)}
        />
      )}
    </div>
  )
}

function HandTo(props: {
  decision: DecisionView
  busy: boolean
  onHand: (userId: string) => void
  onClose: () => void
}) {
  const trpc = useTRPC()
  const members = useQuery(trpc.members.list.queryOptions()).data ?? []
  const able = ableToAnswer(props.decision, members)
  const [userId, setUserId] = useState('')
  return (
    <form
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (!userId) return
        props.onHand(userId)
        props.onClose()
      }}
    >
      <Field id="hand-to" label="Hand it to">
        {(control) => (
          <Select
            {...control}
            autoFocus
            required
            className="w-auto min-w-48"
            value={userId}
            onChange={(event) => setUserId(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && props.onClose()}
          >
            <option value="">Choose somebody</option>
            {able.map((member) => (
              <option key={member.userId} value={member.userId}>
                {member.name ?? member.email}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button type="submit" variant="primary" busy={props.busy} disabled={!userId}>
        Hand over
      </Button>
    </form>
  )
}
