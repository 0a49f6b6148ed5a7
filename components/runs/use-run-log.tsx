'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useConnection, useLiveEvent } from '#components/providers/live-events'
import { useTRPC } from '#components/providers/trpc'
import type { LogLine } from '#server/runs/queries'

export interface RunLogState {
  lines: LogLine[]
  state: 'loading' | 'ready' | 'failed'
  retry: () => void
}

/** The log of a run, growing: each nudge fetches what comes after the last line this page has, one fetch at a time. */
export function useRunLog(runId: string, onLines?: (lines: LogLine[]) => void): RunLogState {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const [lines, setLines] = useState<LogLine[]>([])
  const [state, setState] = useState<RunLogState['state']>('loading')
  const work = useRef({ last: -1, busy: false, again: false, stopped: false })
  const told = useRef(onLines)
  useEffect(() => {
    told.current = onLines
  })

  const read = useCallback(async () => {
    const own = work.current
    own.again = true
    if (own.busy) return
    own.busy = true
    try {
      while (own.again && !own.stopped) {
        own.again = false
        const options = trpc.tasks.log.queryOptions({ runId, after: own.last }, { staleTime: 0, gcTime: 0 })
        const page = await queries.fetchQuery(options)
        if (own.stopped) return
        if (page.lines.length > 0) {
          own.last = page.lastSequence
          setLines((before) => [...before, ...page.lines])
          told.current?.(page.lines)
        }
        own.again ||= page.more
        setState('ready')
      }
    } catch {
      if (!own.stopped) setState('failed')
    } finally {
      own.busy = false
    }
  }, [queries, runId, trpc])

  useEffect(() => {
    work.current = { last: -1, busy: false, again: false, stopped: false }
    const own = work.current
    setLines([])
    setState('loading')
    void read()
    return () => {
      own.stopped = true
    }
  }, [read])
  useLiveEvent(
    (message) =>
      message.type === 'log'
        ? message.runId === runId && message.sequence > work.current.last
        : message.event.runId === runId,
    () => void read(),
  )
  const connection = useConnection().state
  // Nudges that were missed while the page was cut off do not come again.
  useEffect(() => {
    if (connection === 'live') void read()
  }, [connection, read])
  return { lines, state, retry: () => void read() }
}
