'use client'

import { useQuery } from '@tanstack/react-query'
import { Brain, CircleAlert, Info } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { ScriptedBadge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'
import { Time } from '#components/ui/time'
import type { RunView } from '#server/runs/queries'
import { ToolCall } from './tool-call'
import { type Block, transcriptBlocks } from './transcript-blocks'
import { useRunLog } from './use-run-log'
import { VisibleText } from './visible-text'

function TranscriptBlock({ block, scripted }: { block: Block; scripted: boolean }) {
  switch (block.kind) {
    case 'call':
      return <ToolCall call={block.call} liveOutput={block.liveOutput} />
    case 'turn':
      return (
        <h2 className="flex flex-wrap items-center gap-x-2 border-t border-border pt-3 text-meta font-medium text-muted">
          <span>Turn {block.turn.number}</span>
          <span className="font-mono">{block.turn.model}</span>
          {scripted && <ScriptedBadge />}
          <span className="number">
            {block.turn.inputTokens + block.turn.cacheReadTokens + block.turn.cacheWriteTokens} in,{' '}
            {block.turn.outputTokens} out{block.turn.estimated && ' (estimated)'} · {block.turn.cost}
          </span>
          {block.turn.tries > 1 && <span>answered at try {block.turn.tries}</span>}
          <Time value={block.turn.endedAt} />
        </h2>
      )
    case 'thinking':
      return (
        <details open={block.live} className="rounded-md border border-border px-3 py-1 text-body text-muted">
          <summary className="min-h-6 content-center">
            <Brain aria-hidden className="mr-1 inline size-4" />
            Thinking
          </summary>
          <p className="max-w-measure pb-1 whitespace-pre-wrap">
            <VisibleText text={block.text} />
          </p>
        </details>
      )
    case 'notice':
    case 'error': {
      const Icon = block.kind === 'error' ? CircleAlert : Info
      return (
        <p className={`flex gap-2 text-body ${block.kind === 'error' ? 'text-failed-fg' : 'text-running-fg'}`}>
          <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="sr-only">{block.kind === 'error' ? 'Error: ' : 'Notice: '}</span>
          <span className="min-w-0 wrap-anywhere whitespace-pre-wrap">
            <VisibleText text={block.text} />
          </span>
        </p>
      )
    }
    default:
      return (
        <p className="max-w-measure text-reading wrap-anywhere whitespace-pre-wrap">
          <VisibleText text={block.text} />
        </p>
      )
  }
}

/** What an agent thought, said and did in one run, live. Follows the end until somebody scrolls away from it. */
export function Transcript({ run }: { run: RunView }) {
  const trpc = useTRPC()
  const turns = useQuery(trpc.tasks.turns.queryOptions({ runId: run.id }))
  const refetch = turns.refetch
  const log = useRunLog(run.id, (lines) => {
    // A stored turn and a finished call show in the log first; the journal has no event of its own for them.
    if (lines.some((line) => line.kind !== 'text' && line.kind !== 'thinking')) void refetch()
  })
  const running = run.status === 'running' || run.status === 'queued'
  const blocks = useMemo(() => transcriptBlocks(turns.data ?? [], log.lines, running), [turns.data, log.lines, running])
  const end = useFollow(blocks.length + (log.lines.at(-1)?.sequence ?? 0), running)

  if (turns.error && !turns.data) {
    return (
      <ErrorPanel
        title="The transcript could not be loaded. The other tabs still work."
        detail={errorText(turns.error)}
        errorId={errorIdOf(turns.error)}
        retry={<Button onClick={() => turns.refetch()}>Try again</Button>}
      />
    )
  }
  if (blocks.length === 0) {
    const waiting = {
      queued: 'The run waits for a free worker.',
      running: 'Waiting for the first words of the agent …',
    }
    const text = waiting[run.status as keyof typeof waiting] ?? 'This run ended before the agent said anything.'
    return <p className="text-body text-muted">{turns.isPending ? 'Loading the transcript …' : text}</p>
  }
  return (
    <section aria-label={`Transcript of attempt ${run.attempt}`} className="flex flex-col gap-3">
      {blocks.map((block) => (
        <TranscriptBlock key={block.id} block={block} scripted={run.providerMode === 'scripted'} />
      ))}
      {run.errorMessage && (
        <ErrorPanel title={`This attempt ended: ${run.status}.`} detail={<VisibleText text={run.errorMessage} />} />
      )}
      <div ref={end.mark} />
      {running && !end.following && (
        <Button variant="primary" size="small" className="sticky bottom-20 self-end shadow-floating" onClick={end.jump}>
          Follow the end
        </Button>
      )}
    </section>
  )
}

/** Keeps the end in sight while it was in sight before; `size` changes whenever something was added. */
function useFollow(size: number, active: boolean) {
  const mark = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(false)
  const wanted = useRef(false)
  useEffect(() => {
    const target = mark.current
    if (!target || !active) return
    const observer = new IntersectionObserver(
      ([entry]) => {
        wanted.current = entry?.isIntersecting ?? false
        setFollowing(wanted.current)
      },
      { rootMargin: '0px 0px 160px 0px' },
    )
    observer.observe(target)
    return () => observer.disconnect()
  }, [active])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size says that something was added
  useEffect(() => {
    if (active && wanted.current) mark.current?.scrollIntoView({ block: 'end' })
  }, [size, active])
  return { mark, following, jump: () => mark.current?.scrollIntoView({ block: 'end' }) }
}
