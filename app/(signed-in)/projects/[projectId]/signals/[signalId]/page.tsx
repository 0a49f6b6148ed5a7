import type { Metadata } from 'next'
import { VisibleText } from '#components/runs/visible-text'
import { Page, PageHeader } from '#components/shell/page'
import { SignalPageView, SignalStatus } from '#components/signals/signal-page'
import { read } from '../../../../_components/read'

export const metadata: Metadata = { title: 'Signal' }

export default async function SignalPage({ params }: { params: Promise<{ projectId: string; signalId: string }> }) {
  const { projectId, signalId } = await params
  const { signal, project } = await read(async (api) => {
    const [signal, project] = await Promise.all([api.signals.one({ signalId }), api.projects.byId({ projectId })])
    return { signal, project }
  })
  return (
    <Page>
      <PageHeader
        title={<VisibleText text={signal.title} />}
        crumbs={[
          { href: `/projects/${projectId}`, label: project.name },
          { href: `/projects/${projectId}/signals`, label: 'Signals' },
        ]}
        meta={<SignalStatus initial={signal} />}
      />
      <SignalPageView initial={signal} />
    </Page>
  )
}
