import type { Metadata } from 'next'
import { ProjectOverview } from '#components/projects/project-overview'
import { Page, PageHeader } from '#components/shell/page'
import { ButtonLink } from '#components/ui/link'
import { read } from '../../_components/read'

interface ProjectPageProps {
  params: Promise<{ projectId: string }>
}

export async function generateMetadata({ params }: ProjectPageProps): Promise<Metadata> {
  const { projectId } = await params
  return { title: (await read((api) => api.projects.byId({ projectId }))).name }
}

export default async function ProjectPage({ params }: ProjectPageProps) {
  const { projectId } = await params
  const { shell, ...initial } = await read(async (api) => {
    const [shell, overview, decisions, activity] = await Promise.all([
      api.overview.shell(),
      api.overview.project({ projectId }),
      api.decisions.open({ projectId }),
      api.activity.list({ projectId, limit: 12 }),
    ])
    return { shell, overview, decisions, activity }
  })
  const { project, health } = initial.overview
  return (
    <Page state={health.state === 'empty' ? 'empty' : 'ready'}>
      <PageHeader
        title={project.name}
        crumbs={[{ href: '/projects', label: 'Projects' }]}
        actions={
          shell.allowed.includes('requirement.submit') && (
            <ButtonLink
              href={`/projects/${projectId}/requirements/new`}
              variant={health.state === 'empty' ? 'secondary' : 'primary'}
              data-key="new-requirement"
            >
              New requirement
            </ButtonLink>
          )
        }
      />
      <ProjectOverview projectId={projectId} initial={initial} />
    </Page>
  )
}
