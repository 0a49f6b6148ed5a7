import type { Metadata } from 'next'
import { ProjectList } from '#components/projects/project-list'
import { Page, PageHeader } from '#components/shell/page'
import { ButtonLink } from '#components/ui/link'
import { read } from '../_components/read'

export const metadata: Metadata = { title: 'Projects' }

export default async function ProjectsPage() {
  const { projects, shell } = await read(async (api) => {
    const [projects, shell] = await Promise.all([api.overview.projects(), api.overview.shell()])
    return { projects, shell }
  })
  const mayCreate = shell.allowed.includes('project.create')
  return (
    <Page state={projects.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title="Projects"
        actions={mayCreate && projects.length > 0 && <ButtonLink href="/projects/new">New project</ButtonLink>}
      />
      <ProjectList initial={projects} />
    </Page>
  )
}
