import type { Metadata } from 'next'
import { SampleButton } from '#components/projects/sample-button'
import { RequirementForm } from '#components/requirements/requirement-form'
import { Column, Page, PageHeader } from '#components/shell/page'
import { DeniedPanel } from '#components/ui/page-state'
import { MAX_TEXT_BYTES } from '#server/requirements/model'
import { read } from '../../../../_components/read'

export const metadata: Metadata = { title: 'New requirement' }

export default async function NewRequirementPage({ params }: { params: Promise<{ projectId: string }> }) {
  const { projectId } = await params
  const { project, shell } = await read(async (api) => {
    const [project, shell] = await Promise.all([api.projects.byId({ projectId }), api.overview.shell()])
    return { project, shell }
  })
  const may = shell.allowed.includes('requirement.submit')
  return (
    <Page state={may ? 'ready' : 'denied'}>
      <PageHeader
        title="New requirement"
        crumbs={[
          { href: '/projects', label: 'Projects' },
          { href: `/projects/${projectId}`, label: project.name },
        ]}
        actions={may && <SampleButton projectId={projectId} />}
      />
      <Column>
        {may ? (
          <RequirementForm projectId={projectId} maxBytes={MAX_TEXT_BYTES} />
        ) : (
          <DeniedPanel what="Submitting a requirement" needed="member" yours={shell.role} />
        )}
      </Column>
    </Page>
  )
}
