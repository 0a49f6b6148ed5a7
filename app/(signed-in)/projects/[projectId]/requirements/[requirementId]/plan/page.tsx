import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { PlanPage } from '#components/requirements/plan-page'
import { read } from '../../../../../_components/read'

interface PlanProps {
  params: Promise<{ projectId: string; requirementId: string }>
}

export async function generateMetadata({ params }: PlanProps): Promise<Metadata> {
  const { requirementId } = await params
  const { number } = await read((api) => api.requirements.one({ requirementId }))
  return { title: `Plan of R${number}` }
}

export default async function Plan({ params }: PlanProps) {
  const { projectId, requirementId } = await params
  const initial = await read(async (api) => {
    const [requirement, plan, changes] = await Promise.all([
      api.requirements.one({ requirementId }),
      api.requirements.plan({ requirementId }),
      api.requirements.changes({ requirementId }),
    ])
    return { requirement, plan, changes }
  })
  if (initial.requirement.projectId !== projectId) notFound()
  return <PlanPage initial={initial} />
}
