'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { toast } from '#components/ui/toast'
import type { DecisionView } from '#server/decisions/queries'
import { labelOf } from './decision-words'

/** An answer this person has just sent: it can be taken back until then (milliseconds, this browser's clock). */
export interface SentAnswer {
  decision: DecisionView
  label: string
  until: number
}

/** An answer the server did not take: its form comes back with what was in it. */
export interface RefusedAnswer {
  decisionId: string
  option: string
  comment: string
  message: string
}

/** How long a person is offered to take an answer back; the server decides by its own clock. */
const UNDO_MS = 10_000

/**
 * Answers decisions of the inbox: the answered one leaves the list at once and comes back with the reason when the
 * server did not take it. The last answer can be taken back.
 */
export function useAnswering() {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const openKey = trpc.decisions.open.queryKey({})
  const [sent, setSent] = useState<SentAnswer | null>(null)
  const [refused, setRefused] = useState<RefusedAnswer | null>(null)
  const running = useRef<Promise<unknown>>(Promise.resolve())
  const settle = () => queries.invalidateQueries({ queryKey: trpc.decisions.pathKey() })

  const answer = useMutation(
    trpc.decisions.answer.mutationOptions({
      onMutate: async ({ decisionId }) => {
        await queries.cancelQueries({ queryKey: openKey })
        const before = queries.getQueryData(openKey)
        queries.setQueryData(openKey, (list) => list?.filter((decision) => decision.id !== decisionId))
        return { before }
      },
      onError: (error, { decisionId, option, comment = '' }, context) => {
        queries.setQueryData(openKey, context?.before)
        setSent(null)
        setRefused({ decisionId, option, comment, message: errorText(error) })
        toast({ kind: 'error', text: 'Your answer was not taken.', detail: errorText(error) })
      },
      onSettled: settle,
    }),
  )
  const undo = useMutation(
    trpc.decisions.undo.mutationOptions({
      onSuccess: (decision) =>
        toast({ kind: 'success', text: 'Taken back: it is open again', detail: decision.question }),
      onError: (error) => toast({ kind: 'error', text: 'It stays answered.', detail: errorText(error) }),
      onSettled: settle,
    }),
  )

  const send = (decision: DecisionView, option: string, comment: string) => {
    setRefused(null)
    setSent({ decision, label: labelOf(decision, option), until: Date.now() + UNDO_MS })
    running.current = answer.mutateAsync({ decisionId: decision.id, option, comment }).catch(() => undefined)
  }
  const takeBack = async () => {
    const last = sent
    if (!last || Date.now() > last.until) return
    setSent(null)
    // Pressed while the answer is still on its way: it has to arrive before it can be taken back.
    await running.current
    await undo.mutateAsync({ decisionId: last.decision.id }).catch(() => undefined)
  }
  return { send, takeBack, sent, refused, forget: () => setSent(null) }
}

export type Answering = ReturnType<typeof useAnswering>
