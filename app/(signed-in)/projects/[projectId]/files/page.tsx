import type { Metadata } from 'next'
import { ProjectFiles } from '#components/projects/project-files'
import { Page, PageHeader } from '#components/shell/page'
import { read } from '../../../_components/read'

export const metadata: Metadata = { title: 'Files' }

interface FilesProps {
  params: Promise<{ projectId: string }>
  searchParams: Promise<{ path?: string | string[] }>
}

export default async function FilesPage({ params, searchParams }: FilesProps) {
  const { projectId } = await params
  const { path } = await searchParams
  const project = await read((api) => api.projects.byId({ projectId }))
  return (
    <Page>
      <PageHeader
        title="Files"
        crumbs={[{ href: `/projects/${projectId}`, label: project.name }]}
        description="What has been merged so far, as it stands in the project’s repository."
      />
      <ProjectFiles
        projectId={projectId}
        scripted={project.providerMode === 'scripted'}
        path={typeof path === 'string' ? path : undefined}
      />
    </Page>
  )
}
