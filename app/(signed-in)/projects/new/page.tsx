import type { Metadata } from 'next'
import { ProjectForm } from '#components/projects/project-form'
import { Column, Page, PageHeader } from '#components/shell/page'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'New project' }

export default async function NewProjectPage() {
  const { shell, suggestedMode } = await read(async (api) => {
    const [shell, suggestedMode] = await Promise.all([api.overview.shell(), api.projects.suggestedMode()])
    return { shell, suggestedMode }
  })
  const may = shell.allowed.includes('project.create')
  return (
    <Page state={may ? 'ready' : 'denied'}>
      <PageHeader title="New project" crumbs={[{ href: '/projects', label: 'Projects' }]} />
      <Column>
        {may ? (
          <ProjectForm suggestedMode={suggestedMode} hasKeys={suggestedMode === 'live'} />
        ) : (
          <DeniedPanel what="Creating a project" needed="admin" yours={shell.role} />
        )}
      </Column>
    </Page>
  )
}
