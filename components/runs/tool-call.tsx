'use client'

import { ChevronRight, Terminal } from 'lucide-react'
import { CodeBlock } from '#components/ui/code-block'
import { Elapsed } from '#components/ui/duration'
import { TextLink } from '#components/ui/link'
import { Status, type StatusKind } from '#components/ui/status'
import { visibleText } from '#server/kernel/visible-text'
import type { ToolCallView } from '#server/runs/queries'
import { callTitle, exitCodeOf, inputOf } from './transcript-blocks'
import { VisibleText } from './visible-text'

function stateOf(call: ToolCallView): { kind: StatusKind; word: string } {
  const code = call.name === 'run_command' ? exitCodeOf(call.output) : null
  if (call.state === 'asking') return { kind: 'needs-you', word: 'waits for an answer' }
  if (call.state === 'running') return { kind: 'running', word: 'running' }
  if (call.state === 'pending') return { kind: 'queued', word: 'not started' }
  if (call.state === 'unknown') return { kind: 'failed', word: 'outcome unknown' }
  if (code !== null) return { kind: code === 0 ? 'done' : 'failed', word: `exit ${code}` }
  return call.isError ? { kind: 'failed', word: 'refused' } : { kind: 'done', word: 'done' }
}

/** Arguments as "name: value" lines; long texts such as a file's content keep their line breaks. */
function inputText(input: unknown): string {
  return Object.entries(inputOf(input))
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
      return text.includes('\n') ? `${name}:\n${text}` : `${name}: ${text}`
    })
    .join('\n')
}

/** One tool call, folded to a line: what was done, how it ended, how long it took. Unfolded: arguments and output. */
export function ToolCall({ call, liveOutput }: { call: ToolCallView; liveOutput: string }) {
  const { verb, object } = callTitle(call)
  const { kind, word } = stateOf(call)
  const output = call.output ?? liveOutput
  const input = inputText(call.input)
  return (
    <details className="group rounded-md border border-border bg-surface">
      <summary className="target flex flex-wrap items-center gap-x-2 px-3 py-1 text-table outline-offset-[-2px]">
        <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-open:rotate-90" />
        <Terminal aria-hidden className="size-4 shrink-0 text-muted" />
        <span className="text-muted">{verb}</span>
        <code className="min-w-0 max-w-full truncate font-mono text-code" title={visibleText(object).slice(0, 500)}>
          <VisibleText text={object.split('\n')[0]?.slice(0, 200) ?? ''} />
        </code>
        <span className="ml-auto flex items-center gap-2">
          <Status kind={kind} look="plain">
            {word}
          </Status>
          {call.startedAt && <Elapsed since={call.startedAt} until={call.endedAt} className="text-muted" />}
        </span>
      </summary>
      <div className="flex flex-col gap-2 border-t border-border px-3 py-2">
        {input && <CodeBlock text={visibleText(input)} label={`arguments of ${call.name}`} wrap />}
        {output ? (
          <CodeBlock text={visibleOutput(output)} label={`output of ${call.name}`} wrap />
        ) : (
          <p className="text-meta text-muted">No output yet.</p>
        )}
        {call.decisionId && (
          <TextLink href={`/decisions/${call.decisionId}`} className="inline-flex min-h-6 items-center">
            The decision it led to
          </TextLink>
        )}
      </div>
    </details>
  )
}

function visibleOutput(output: string): string {
  return output.split('\u001b').map(visibleText).join('\u001b')
}
