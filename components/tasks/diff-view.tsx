'use client'

import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { classNames } from '#components/ui/class-names'
import { Empty } from '#components/ui/empty'
import { ErrorPanel } from '#components/ui/page-state'
import { SkeletonRows } from '#components/ui/skeleton'
import type { DiffFile, DiffLine } from '#server/merges/rules/parse-diff'

/** Lines of one file drawn at once; the rest on request, so that a huge file cannot freeze the page. */
const STEP = 1_000
/** Files with more changes than this begin folded. */
const FOLDED_ABOVE = 400

const looks = {
  added: { sign: '+', word: 'added', look: 'bg-succeeded-soft text-succeeded-fg' },
  removed: { sign: '−', word: 'removed', look: 'bg-failed-soft text-failed-fg' },
  context: { sign: ' ', word: '', look: '' },
} as const

function Line({ line }: { line: DiffLine }) {
  const { sign, word, look } = looks[line.kind]
  return (
    <tr className={look}>
      <td className="number w-px px-2 text-right align-top text-muted select-none">{line.oldNumber ?? ''}</td>
      <td className="number w-px px-2 text-right align-top text-muted select-none">{line.newNumber ?? ''}</td>
      <td className="w-px pr-1 pl-2 align-top select-none">
        <span aria-hidden>{sign}</span>
        <span className="sr-only">{word}</span>
      </td>
      <td className="pr-3 whitespace-pre">
        <VisibleText text={line.text} />
      </td>
    </tr>
  )
}

function File({ file }: { file: DiffFile }) {
  const rows = file.hunks.flatMap((hunk) => [hunk.header, ...hunk.lines])
  const [shown, setShown] = useState(STEP)
  return (
    <details
      open={file.added + file.removed <= FOLDED_ABOVE}
      className="group rounded-lg border border-border bg-surface"
      data-diff-file={file.path}
    >
      <summary className="target flex flex-wrap items-center gap-2 px-3 py-1 outline-offset-[-2px]">
        <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-open:rotate-90" />
        <code className="min-w-0 font-mono text-code wrap-anywhere">
          {file.oldPath && (
            <>
              <VisibleText text={file.oldPath} /> →{' '}
            </>
          )}
          <VisibleText text={file.path} />
        </code>
        {file.change !== 'changed' && <Badge>{file.change}</Badge>}
        <span className="number ml-auto text-table whitespace-nowrap">
          <span className="text-succeeded-fg">+{file.added}</span>{' '}
          <span className="text-failed-fg">−{file.removed}</span>
          <span className="sr-only"> lines</span>
        </span>
      </summary>
      {file.binary && <p className="border-t border-border px-3 py-2 text-muted">A binary file: no text to compare.</p>}
      {rows.length > 0 && (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container must be reachable by keyboard
          tabIndex={0}
          aria-label={`Changes in ${file.path}`}
          className="overflow-x-auto border-t border-border outline-offset-[-2px]"
        >
          <table className="w-full border-collapse font-mono text-code">
            <caption className="sr-only">Changes in {file.path}: old line, new line, sign, text</caption>
            <tbody>
              {rows.slice(0, shown).map((row, index) =>
                typeof row === 'string' ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines of a fixed text never move
                  <tr key={index} className="bg-sunken text-muted">
                    <td colSpan={4} className="px-2 whitespace-pre">
                      <VisibleText text={row} />
                    </td>
                  </tr>
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines of a fixed text never move
                  <Line key={index} line={row} />
                ),
              )}
            </tbody>
          </table>
        </section>
      )}
      {rows.length > shown && (
        <div className="border-t border-border px-3 py-2">
          <Button size="small" onClick={() => setShown(shown + 5 * STEP)}>
            Show more ({rows.length - shown} lines left)
          </Button>
        </div>
      )}
    </details>
  )
}

/** What a task changed, file by file, as plain tables. */
export function DiffView({ taskId, scripted }: { taskId: string; scripted: boolean }) {
  const trpc = useTRPC()
  const diff = useQuery(trpc.files.taskDiff.queryOptions({ taskId }, { staleTime: 5_000 }))
  if (diff.isPending) return <SkeletonRows rows={4} />
  if (diff.error) {
    return (
      <ErrorPanel
        title="The diff could not be read. Transcript, checks and log still work."
        detail={errorText(diff.error)}
        errorId={errorIdOf(diff.error)}
        retry={<Button onClick={() => diff.refetch()}>Try again</Button>}
      />
    )
  }
  if (!diff.data || diff.data.files.length === 0) {
    return (
      <Empty title={diff.data ? 'This task changed no file' : 'No commit yet'}>
        When the agent finishes, every added and removed line appears here.
      </Empty>
    )
  }
  const { files, from, to, truncated } = diff.data
  const sum = (key: 'added' | 'removed') => files.reduce((total, file) => total + file[key], 0)
  return (
    <div className="flex flex-col gap-3">
      <p className={classNames('text-body text-muted')}>
        {files.length === 1 ? '1 file' : `${files.length} files`}, {sum('added')} lines added, {sum('removed')} removed
        ·{' '}
        <code className="font-mono text-code">
          {from.slice(0, 10)}…{to.slice(0, 10)}
        </code>
        {scripted && ' · made by the scripted provider'}
      </p>
      {truncated && (
        <p role="note" className="rounded-md bg-needs-you-soft px-3 py-2 text-body text-needs-you-fg">
          The diff is longer than 1 MB and ends early. The rest can be read in the project’s repository.
        </p>
      )}
      {files.map((file) => (
        <File key={file.path} file={file} />
      ))}
    </div>
  )
}
