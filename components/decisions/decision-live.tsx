'use client'

import { useRouter } from 'next/navigation'
import { useLiveEvent } from '#components/providers/live-events'

/** Makes a decision's page anew whenever something happens to it, for whoever looks and however it stands. */
export function DecisionLive({ decisionId }: { decisionId: string }) {
  const router = useRouter()
  useLiveEvent(
    (message) => message.type === 'event' && message.event.decisionId === decisionId,
    () => router.refresh(),
  )
  return null
}
