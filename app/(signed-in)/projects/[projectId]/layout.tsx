import type { ReactNode } from 'react'
import { ProjectNav } from '#components/projects/project-nav'
import { ScriptedBanner } from '#components/shell/scripted-banner'
import { read } from '../../_components/read'

interface ProjectLayoutProps {
  params: Promise<{ projectId: string }>
  children: ReactNode
}

/** Every page of a project says first whether a model is behind what it shows. */
export default async function ProjectLayout({ params, children }: ProjectLayoutProps) {
  const { projectId } = await params
  const project = await read((api) => api.projects.byId({ projectId }))
  return (
    <>
      {project.providerMode === 'scripted' && <ScriptedBanner />}
      <ProjectNav projectId={projectId} name={project.name} />
      {children}
    </>
  )
}
