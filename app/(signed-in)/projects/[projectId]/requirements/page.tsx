import type { Metadata } from 'next'
import { RequirementTable } from '#components/requirements/requirement-table'
import { Page, PageHeader } from '#components/shell/page'
import { ButtonLink } from '#components/ui/link'
import { read } from '../../../_components/read'

export const metadata: Metadata = { title: 'Requirements' }

interface RequirementsProps {
  params: Promise<{ projectId: string }>
}

export default async function RequirementsPage({ params }: RequirementsProps) {
  const { projectId } = await params
  const { list, shell } = await read(async (api) => {
    const [list, shell] = await Promise.all([api.requirements.list({ projectId }), api.overview.shell()])
    return { list, shell }
  })
  const empty = list.requirements.length === 0
  return (
    <Page state={empty ? 'empty' : 'ready'}>
      <PageHeader
        title="Requirements"
        crumbs={[{ href: `/projects/${projectId}`, label: list.project.name }]}
        actions={
          shell.allowed.includes('requirement.submit') && (
            <ButtonLink
              href={`/projects/${projectId}/requirements/new`}
              variant={empty ? 'secondary' : 'primary'}
              data-key="new-requirement"
            >
              New requirement
            </ButtonLink>
          )
        }
      />
      <RequirementTable projectId={projectId} initial={list} />
    </Page>
  )
}
