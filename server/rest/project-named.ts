import type { Scope } from '#server/auth/model'
import { AppError } from '#server/kernel/app-error'
import type { ProjectSummary } from '#server/projects/model'
import { findProject, listProjects } from '#server/projects/queries'

/**
 * The project a program means: by id or slug, or the only one there is.
 * @throws ProjectError project-not-found; AppError project-needed when none was named and there are several
 */
export async function projectNamed(scope: Scope, idOrSlug: string | undefined): Promise<ProjectSummary> {
  if (idOrSlug !== undefined) return findProject(scope, idOrSlug)
  const [only, ...others] = await listProjects(scope)
  if (only && others.length === 0) return only
  throw new AppError({
    code: 'project-needed',
    kind: 'invalid',
    message:
      'Say which project: its id or short name as "project" (in the JSON or as ?project=). GET /api/projects lists them.',
  })
}
