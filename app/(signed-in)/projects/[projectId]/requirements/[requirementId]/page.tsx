import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import { RequirementPage } from '#components/requirements/requirement-page'
import { requirementViews } from '#components/requirements/requirement-views'
import { read } from '../../../../_components/read'

interface RequirementProps {
  params: Promise<{ projectId: string; requirementId: string }>
  searchParams: Promise<{ view?: string | string[]; path?: string | string[] }>
}

/** Once for a request: the title and the page ask for the same. */
const requirementOf = cache((requirementId: string) => read((api) => api.requirements.one({ requirementId })))

export async function generateMetadata({ params }: RequirementProps): Promise<Metadata> {
  const { requirementId } = await params
  const { number, title } = await requirementOf(requirementId)
  return { title: `R${number} ${title}` }
}

export default async function Requirement({ params, searchParams }: RequirementProps) {
  const { projectId, requirementId } = await params
  const { view, path } = await searchParams
  const initial = await read(async (api) => {
    const [requirement, tasks, decisions, budget] = await Promise.all([
      requirementOf(requirementId),
      api.tasks.ofRequirement({ requirementId }),
      api.decisions.open({ requirementId }),
      api.budgets.of({ level: 'requirement', ownerId: requirementId }),
    ])
    return { requirement, tasks, decisions, budget }
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
