import type { Metadata } from 'next'
import { Page, PageHeader } from '#components/shell/page'
import { OpenSignals, SignalStream, type StreamFilter, StreamFilters } from '#components/signals/signal-stream'
import { ButtonLink } from '#components/ui/link'
import { read } from '../../../_components/read'

export const metadata: Metadata = { title: 'Signals' }

interface SignalsProps {
  params: Promise<{ projectId: string }>
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** What of the address is a filter; anything else there is left out. */
function filterOf(projectId: string, search: Record<string, string | string[] | undefined>): StreamFilter {
  const one = <Value extends string>(name: string, allowed: readonly Value[]) => {
    const given = search[name]
    const found = allowed.find((value) => value === given)
    return found ? { [name]: found } : {}
  }
  const source =
    typeof search.source === 'string' && /^[a-z]{1,40}$/.test(search.source) ? { source: search.source } : {}
  return {
    projectId,
    ...one('kind', ['requirement', 'decision_needed', 'innovation', 'quality_issue', 'integration']),
    ...one('urgency', ['now', 'today', 'whenever']),
    ...one('status', ['open', 'closed', 'muted', 'all']),
    ...source,
  }
}

export default async function SignalsPage({ params, searchParams }: SignalsProps) {
  const { projectId } = await params
  const filter = filterOf(projectId, await searchParams)
  const { page, project } = await read(async (api) => {
    const [page, project] = await Promise.all([api.signals.list(filter), api.projects.byId({ projectId })])
    return { page, project }
  })
  return (
    <Page state={page.signals.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title="Signals"
        crumbs={[{ href: `/projects/${projectId}`, label: project.name }]}
        meta={<OpenSignals filter={filter} initial={page} />}
        description="What tools, agents and the engine noticed, how it was judged, and what it set in motion."
        actions={<ButtonLink href={`/projects/${projectId}/signals/sources`}>Sources and settings</ButtonLink>}
      />
      <StreamFilters filter={filter} initial={page} />
      <SignalStream key={JSON.stringify(filter)} filter={filter} initial={page} />
    </Page>
  )
}
