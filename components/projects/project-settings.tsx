'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import { RunsField, runsOf } from '#components/budgets/runs-field'
import { useMay } from '#components/providers/permissions'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { DeniedPanel, ErrorPanel } from '#components/ui/page-state'
import { toast } from '#components/ui/toast'
import type { ProjectSummary } from '#server/projects/model'
import { ApprovalChoice, choicesOf, ModeChoice, RiskChoice } from './mode-choice'

/** Requirements that run keep the plan they have; the next run of a task uses the new settings. */
export function ProjectSettings({ project, hasKeys }: { project: ProjectSummary; hasKeys: boolean }) {
  const trpc = useTRPC()
  const router = useRouter()
  const mayChange = useMay('project.change')
  const change = useMutation(
    trpc.projects.change.mutationOptions({
      onSuccess: () => {
        toast({ kind: 'success', text: 'Settings saved' })
        router.refresh()
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const riskyCalls = form.get('riskyCalls') === 'ask' ? ('ask' as const) : ('allow' as const)
    const name = String(form.get('name') ?? '')
    change.mutate({ projectId: project.id, name, riskyCalls, maxConcurrentRuns: runsOf(form), ...choicesOf(form) })
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-5">
      {!mayChange && <DeniedPanel what="Changing these settings" needed="admin" />}
      {change.error && <ErrorPanel title={errorText(change.error)} errorId={errorIdOf(change.error)} />}
      <Field id="name" label="Name">
        {(control) => (
          <Input {...control} name="name" required maxLength={80} defaultValue={project.name} disabled={!mayChange} />
        )}
      </Field>
      <ModeChoice value={project.providerMode} hasKeys={hasKeys} disabled={!mayChange} />
      <ApprovalChoice value={project.planApproval} disabled={!mayChange} />
      <RiskChoice value={project.riskyCalls} disabled={!mayChange} />
      <RunsField
        id="maxConcurrentRuns"
        hint="Empty is no limit for this project alone."
        most={project.maxConcurrentRuns}
        mayChange={mayChange}
      />
      {mayChange && (
        <Button type="submit" variant="primary" busy={change.isPending} className="self-start">
          Save
        </Button>
      )}
    </form>
  )
}
