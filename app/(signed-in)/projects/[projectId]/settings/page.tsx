import type { Metadata } from 'next'
import { BudgetPanel } from '#components/budgets/budget-panel'
import { ProjectSettings } from '#components/projects/project-settings'
import { Column, Page, PageHeader } from '#components/shell/page'
import { read } from '../../../_components/read'

export const metadata: Metadata = { title: 'Project settings' }

export default async function ProjectSettingsPage({ params }: { params: Promise<{ projectId: string }> }) {
  const { projectId } = await params
  const { project, mode, shell } = await read(async (api) => {
    const [project, mode, shell] = await Promise.all([
      api.projects.byId({ projectId }),
      api.projects.suggestedMode(),
      api.overview.shell(),
    ])
    return { project, mode, shell }
  })
  return (
    <Page state={shell.allowed.includes('project.change') ? 'ready' : 'denied'}>
      <PageHeader
        title="Project settings"
        crumbs={[
          { href: '/projects', label: 'Projects' },
          { href: `/projects/${projectId}`, label: project.name },
        ]}
        description="Changes count from the next run on. What is running finishes with the settings it began with."
      />
      <Column>
        <ProjectSettings project={project} hasKeys={mode === 'live'} />
        <BudgetPanel level="project" ownerId={projectId} />
      </Column>
    </Page>
  )
}
