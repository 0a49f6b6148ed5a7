import { database } from '#server/platform/database/client'
import { createWorkspace, mainCommit } from './git'

const known = new Set<string>()

/** Makes sure that the project's repository exists. Cheap after the first time in a process. */
export async function ensureWorkspace(projectId: string): Promise<void> {
  if (known.has(projectId)) return
  const project = await database().project.findUniqueOrThrow({ where: { id: projectId }, select: { name: true } })
  await createWorkspace(projectId, project.name)
  known.add(projectId)
}

/** The commit main is at; makes the repository first when this is the project's first work. */
export async function presentMain(projectId: string): Promise<string> {
  await ensureWorkspace(projectId)
  const commit = await mainCommit(projectId)
  if (commit === null) throw new Error(`the workspace of project ${projectId} has no main`)
  return commit
}
