'use client'

import { FileBrowser } from '#components/requirements/file-browser'

/** The merged files of a project under an address of their own. */
export function ProjectFiles({ projectId, path, scripted }: { projectId: string; path?: string; scripted: boolean }) {
  return (
    <FileBrowser
      projectId={projectId}
      path={path}
      hrefOf={(file) => `/projects/${projectId}/files?path=${encodeURIComponent(file)}`}
      scripted={scripted}
    />
  )
}
