import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { RequirementPage } from '#components/requirements/requirement-page'
import { requirementViews } from '#components/requirements/requirement-views'
import { read } from '../../../../_components/read'

interface RequirementProps {
  params: Promise<{ projectId: string; requirementId: string }>
  searchParams: Promise<{ view?: string | string[]; path?: string | string[] }>
}

export async function generateMetadata({ params }: RequirementProps): Promise<Metadata> {
  const { requirementId } = await params
  const { number, title } = await read((api) => api.requirements.one({ requirementId }))
  return { title: `R${number} ${title}` }
}

export default async function Requirement({ params, searchParams }: RequirementProps) {
  const { projectId, requirementId } = await params
  const { view, path } = await searchParams
  const initial = await read(async (api) => {
    const [requirement, tasks, decisions] = await Promise.all([
      api.requirements.one({ requirementId }),
      api.tasks.ofRequirement({ requirementId }),
      api.decisions.open({ requirementId }),
    ])
    return { requirement, tasks, decisions }
  })
  if (initial.requirement.projectId !== projectId) notFound()
  return (
    <RequirementPage
      initial={initial}
      view={requirementViews.find((name) => name === view) ?? null}
      path={typeof path === 'string' ? path : undefined}
    />
  )
}
