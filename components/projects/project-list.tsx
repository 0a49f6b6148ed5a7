'use client'

import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useMay } from '#components/providers/permissions'
import { useTRPC } from '#components/providers/trpc'
import { ScriptedBadge } from '#components/ui/badge'
import { Empty } from '#components/ui/empty'
import { ButtonLink, QuietLink } from '#components/ui/link'
import type { AppRouter } from '#server/trpc/root'
import { HealthStatus } from './health'

type ProjectLines = inferRouterOutputs<AppRouter>['overview']['projects']

function Counts({ line }: { line: ProjectLines[number] }) {
  const facts: [number, string][] = [
    [line.activeRequirements, line.activeRequirements === 1 ? 'requirement open' : 'requirements open'],
    [line.running, 'running'],
    [line.openDecisions, line.openDecisions === 1 ? 'question' : 'questions'],
  ]
  return (
    <ul className="number flex flex-wrap gap-x-4 text-table text-muted">
      {facts.map(([value, what]) => (
        <li key={what}>
          <span className="font-medium text-text">{value}</span> {what}
        </li>
      ))}
    </ul>
  )
}

/** Every project with how it is doing, kept live. */
export function ProjectList({ initial }: { initial: ProjectLines }) {
  const trpc = useTRPC()
  const mayCreate = useMay('project.create')
  const { data } = useQuery(trpc.overview.projects.queryOptions(undefined, { initialData: initial }))
  if (data.length === 0) {
    return (
      <Empty
        title="No project yet"
        action={
          mayCreate && (
            <ButtonLink href="/projects/new" variant="primary">
              New project
            </ButtonLink>
          )
        }
      >
        A project is one git workspace in which agents build what you ask for, for example “Demo shop”.
        {!mayCreate && ' An owner or admin can create the first one.'}
      </Empty>
    )
  }
  return (
    <ul className="grid gap-3 lg:grid-cols-2">
      {data.map((line) => (
        <li
          key={line.id}
          className="relative flex flex-col gap-2 rounded-lg border border-border bg-surface p-4 hover:border-border-strong"
        >
          <div className="flex flex-wrap items-center gap-2">
            <h2 className="text-reading font-semibold">
              <QuietLink href={`/projects/${line.id}`} className="after:absolute after:inset-0 after:rounded-lg">
                {line.name}
              </QuietLink>
            </h2>
            <HealthStatus state={line.health.state} />
            {line.providerMode === 'scripted' && <ScriptedBadge />}
          </div>
          <p className="text-body text-muted">{line.health.sentence}</p>
          <Counts line={line} />
        </li>
      ))}
    </ul>
  )
}
