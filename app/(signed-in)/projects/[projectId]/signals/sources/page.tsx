import type { Metadata } from 'next'
import { Column, Page, PageHeader } from '#components/shell/page'
import { SignalSettingsView } from '#components/signals/signal-settings'
import { SourceForm } from '#components/signals/source-form'
import { SourceList } from '#components/signals/source-list'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../../../_components/read'

export const metadata: Metadata = { title: 'Signal sources' }

export default async function SourcesPage({ params }: { params: Promise<{ projectId: string }> }) {
  const { projectId } = await params
  const { sources, settings, project, shell } = await read(async (api) => {
    const [sources, settings, project, shell] = await Promise.all([
      api.signals.sources({ projectId }),
      api.signals.settings({ projectId }),
      api.projects.byId({ projectId }),
      api.overview.shell(),
    ])
    return { sources, settings, project, shell }
  })
  const may = shell.allowed.includes('signal.configure')
  return (
    <Page state={may ? 'ready' : 'denied'}>
      <PageHeader
        title="Sources and settings"
        crumbs={[
          { href: `/projects/${projectId}`, label: project.name },
          { href: `/projects/${projectId}/signals`, label: 'Signals' },
        ]}
        description="Tools that may tell this project things, and what their signals may set in motion."
      />
      <Column>
        <SourceList projectId={projectId} initial={sources} />
        {may ? (
          <Card aria-labelledby="add-source">
            <CardHeader id="add-source" title="Add a source" />
            <CardBody>
              <SourceForm projectId={projectId} />
            </CardBody>
          </Card>
        ) : (
          <DeniedPanel what="Adding sources" needed="admin" />
        )}
        <SignalSettingsView projectId={projectId} initial={settings} />
      </Column>
    </Page>
  )
}
