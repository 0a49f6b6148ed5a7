'use client'

import { CloudOff, Layers, RefreshCw, Wifi } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useConnection } from '#components/providers/live-events'
import { classNames } from '#components/ui/class-names'

/** A loss shorter than this is nobody's business. */
const PATIENCE_MS = 3000
/** A page that was just opened may take longer to connect over a slow network. */
const FIRST_PATIENCE_MS = 10_000
const CAUGHT_UP_MS = 2500

function caughtUpText(events: number): string {
  if (events === 0) return 'Connected'
  return events === 1 ? 'Caught up, 1 event' : `Caught up, ${events} events`
}

/** Whether what is on the screen is what is happening. Speaks only when it is not, and once when it is again. */
export function ConnectionStatus({ className }: { className?: string }) {
  const { state, wasLive, caughtUp } = useConnection()
  const [told, setTold] = useState(false)
  const [showCaughtUp, setShowCaughtUp] = useState(false)
  const lost = state !== 'live'

  useEffect(() => {
    if (!lost) return
    const patience = wasLive ? PATIENCE_MS : FIRST_PATIENCE_MS
    const timer = setTimeout(() => setTold(true), state === 'offline' ? 0 : patience)
    return () => clearTimeout(timer)
  }, [lost, state, wasLive])
  useEffect(() => {
    if (lost || !told) return
    setTold(false)
    setShowCaughtUp(true)
  }, [lost, told])
  useEffect(() => {
    if (!showCaughtUp) return
    const timer = setTimeout(() => setShowCaughtUp(false), CAUGHT_UP_MS)
    return () => clearTimeout(timer)
  }, [showCaughtUp])

  const loss = state === 'offline' || state === 'crowded' ? state : 'reconnecting'
  const shown = lost ? told && loss : showCaughtUp && 'caught-up'
  return (
    <div role="status" data-connection={state}>
      {shown && (
        <p className={classNames('flex items-center gap-2 text-table [&_svg]:size-4 [&_svg]:shrink-0', className)}>
          {shown === 'offline' && (
            <>
              <CloudOff aria-hidden className="text-needs-you-solid" /> Offline: showing what was known
            </>
          )}
          {shown === 'crowded' && (
            <>
              <Layers aria-hidden className="text-needs-you-solid" /> Not live: you have too many windows or programs
              connected. Close some; this page comes back by itself.
            </>
          )}
          {shown === 'reconnecting' && (
            <>
              <RefreshCw aria-hidden className="text-needs-you-solid" /> {wasLive ? 'Reconnecting…' : 'Connecting…'}
            </>
          )}
          {shown === 'caught-up' && (
            <>
              <Wifi aria-hidden className="text-succeeded-solid" /> {caughtUpText(caughtUp)}
            </>
          )}
        </p>
      )}
    </div>
  )
}
