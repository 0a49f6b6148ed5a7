'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useLiveEvent } from '#components/providers/live-events'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { ScriptedBadge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { classNames } from '#components/ui/class-names'
import { CodeBlock } from '#components/ui/code-block'
import { Empty } from '#components/ui/empty'
import { IntentLink } from '#components/ui/intent-link'
import { ErrorPanel } from '#components/ui/page-state'
import { SkeletonRows } from '#components/ui/skeleton'
import { visibleText } from '#server/kernel/visible-text'

interface Entry {
  path: string
  bytes: number
}

/** Files by folder, both in the order of their names; files of the root first. */
export function byFolder(files: readonly Entry[]): [folder: string, files: Entry[]][] {
  const folders = new Map<string, Entry[]>()
  for (const file of files) {
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : ''
    folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function FileTree(props: { files: readonly Entry[]; chosen: string | undefined; hrefOf: (path: string) => string }) {
  return (
    <nav
      aria-label="Files"
      className="flex max-h-[70dvh] flex-col gap-2 overflow-y-auto rounded-lg border border-border bg-surface p-2"
    >
      {byFolder(props.files).map(([folder, files]) => (
        <details key={folder} open>
          <summary className="min-h-6 content-center font-mono text-code text-muted">
            <VisibleText text={folder === '' ? '/' : `${folder}/`} />
          </summary>
          <ul className="ml-3 border-l border-border">
            {files.map((file) => (
              <li key={file.path}>
                <IntentLink
                  href={props.hrefOf(file.path)}
                  scroll={false}
                  aria-current={file.path === props.chosen ? 'true' : undefined}
                  className={classNames(
                    'target flex items-center rounded-sm px-2 font-mono text-code wrap-anywhere hover:bg-sunken',
                    file.path === props.chosen && 'bg-accent-soft text-accent-soft-fg',
                  )}
                >
                  <VisibleText text={file.path.slice(file.path.lastIndexOf('/') + 1)} />
                </IntentLink>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </nav>
  )
}

function FileText({
  projectId,
  commit,
  path,
  scripted,
}: {
  projectId: string
  commit: string
  path: string
  scripted: boolean
}) {
  const trpc = useTRPC()
  const file = useQuery(trpc.files.read.queryOptions({ projectId, commit, path }))
  if (file.isPending) return <SkeletonRows rows={4} />
  if (file.error) {
    return (
      <ErrorPanel title="This file could not be read." detail={errorText(file.error)} errorId={errorIdOf(file.error)} />
    )
  }
  const { text, truncated } = file.data
  return (
    <section aria-label={`File ${path}`} className="flex min-w-0 flex-col gap-2">
      <h2 className="flex flex-wrap items-center gap-2 font-mono text-body wrap-anywhere">
        <VisibleText text={path} />
        {scripted && <ScriptedBadge />}
      </h2>
      {text === null && <p className="text-muted">A binary file: there is no text to show.</p>}
      {text === '' && <p className="text-muted">This file is empty.</p>}
      {text && <CodeBlock text={visibleText(text)} label={`text of ${path}`} className="[&>section]:max-h-[70dvh]" />}
      {truncated && <p role="note">The file is longer than 500 kB and ends early here.</p>}
    </section>
  )
}

/** What has been merged so far: the project's files, and the text of one. The chosen path is in the address. */
export function FileBrowser(props: {
  projectId: string
  path?: string
  hrefOf: (path: string) => string
  scripted: boolean
}) {
  const { projectId, path, hrefOf, scripted } = props
  const trpc = useTRPC()
  const queries = useQueryClient()
  const list = useQuery(trpc.files.list.queryOptions({ projectId }))
  useLiveEvent(
    (message) =>
      message.type === 'event' && message.event.projectId === projectId && message.event.type === 'merge.ended',
    () => void queries.invalidateQueries(trpc.files.list.queryFilter({ projectId })),
  )
  if (list.isPending) return <SkeletonRows rows={5} />
  if (list.error) {
    return (
      <ErrorPanel
        title="The files could not be listed."
        detail={errorText(list.error)}
        errorId={errorIdOf(list.error)}
        retry={<Button onClick={() => list.refetch()}>Try again</Button>}
      />
    )
  }
  const { commit, files } = list.data
  if (!commit || files.length === 0) {
    return (
      <Empty title="No files yet">
        Code, tests and documents appear here as soon as the first task is merged, for example implementation/store.js.
      </Empty>
    )
  }
  const chosen = files.find((file) => file.path === path)?.path
  return (
    <div className="flex flex-col gap-3">
      <p className="text-table text-muted">
        {files.length === 1 ? '1 file' : `${files.length} files`} at commit{' '}
        <code className="font-mono text-code">{commit.slice(0, 12)}</code>
      </p>
      <div className="grid items-start gap-4 md:grid-cols-[minmax(12rem,18rem)_minmax(0,1fr)]">
        <FileTree files={files} chosen={chosen} hrefOf={hrefOf} />
        {chosen ? (
          <FileText projectId={projectId} commit={commit} path={chosen} scripted={scripted} />
        ) : (
          <p className="text-muted">{path ? 'This file is not in the merged state.' : 'Choose a file to read it.'}</p>
        )}
      </div>
    </div>
  )
}
