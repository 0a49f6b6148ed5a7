'use client'

import { useMemo } from 'react'
import { Button } from '#components/ui/button'
import { Log, type LogLine as ShownLine } from '#components/ui/log'
import { ErrorPanel } from '#components/ui/page-state'
import { visibleText } from '#server/kernel/visible-text'
import type { LogLine } from '#server/runs/queries'
import { useRunLog } from './use-run-log'

const tones: Record<string, ShownLine['tone']> = { thinking: 'muted', notice: 'notice', error: 'error', tool: 'notice' }

/** Pieces as they were stored become lines as people read them: a piece may end in the middle of one. */
export function logLines(pieces: readonly LogLine[], scripted: boolean): ShownLine[] {
  const lines: (ShownLine & { open: boolean; kind: string })[] = []
  for (const piece of pieces) {
    const streams = piece.kind === 'text' || piece.kind === 'thinking' || piece.kind === 'output'
    const parts = piece.text.split('\n')
    const last = lines.at(-1)
    const ended = parts.length > 1 && parts.at(-1) === '' // a line feed ends a line, it does not begin one
    if (ended) parts.pop()
    if (last?.open && last.kind === piece.kind) last.text += parts.shift() ?? ''
    if (last && (parts.length > 0 || ended || last.kind !== piece.kind)) last.open = false
    const tag = [scripted && 'scripted', piece.kind !== 'text' && piece.kind].filter(Boolean).join(' ') || undefined
    const common = { tag, tone: tones[piece.kind], at: piece.at, kind: piece.kind }
    for (const [index, text] of parts.entries()) {
      const open = streams && !ended && index === parts.length - 1
      lines.push({ ...common, id: `${piece.sequence}.${index}`, text, open })
    }
  }
  return lines
    .filter((line) => line.text !== '' || line.kind === 'output')
    .map(({ open: _open, kind: _kind, ...line }) => ({ ...line, text: shownText(line.text) }))
}

/** Escape stays, because the log draws terminal colours; every other hidden character is spelled out. */
function shownText(text: string): string {
  return text.split('\u001b').map(visibleText).join('\u001b').replaceAll('⟨U+000D⟩', '\r')
}

/** The log of one run, raw, as it streams. */
export function RunLog({ runId, label, scripted }: { runId: string; label: string; scripted: boolean }) {
  const { lines: pieces, state, retry } = useRunLog(runId)
  const lines = useMemo(() => logLines(pieces, scripted), [pieces, scripted])
  if (state === 'failed' && lines.length === 0) {
    return <ErrorPanel title="The log could not be loaded." retry={<Button onClick={retry}>Try again</Button>} />
  }
  if (lines.length === 0) {
    return (
      <p className="text-body text-muted">
        {state === 'loading' ? 'Loading the log …' : 'Nothing has been logged yet.'}
      </p>
    )
  }
  return <Log lines={lines} label={label} timestamps />
}
