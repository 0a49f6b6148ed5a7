'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import type { ProjectMode } from '#server/projects/model'
import { ApprovalChoice, choicesOf, ModeChoice } from './mode-choice'

export function ProjectForm({ suggestedMode, hasKeys }: { suggestedMode: ProjectMode; hasKeys: boolean }) {
  const trpc = useTRPC()
  const router = useRouter()
  const create = useMutation(
    trpc.projects.create.mutationOptions({ onSuccess: (project) => router.push(`/projects/${project.id}`) }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    create.mutate({ name: String(form.get('name') ?? ''), ...choicesOf(form) })
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-5">
      {create.error && <ErrorPanel title={errorText(create.error)} errorId={errorIdOf(create.error)} />}
      <Field id="name" label="Name" hint="For example “Demo shop”.">
        {(control) => <Input {...control} name="name" required maxLength={80} autoComplete="off" />}
      </Field>
      <ModeChoice value={suggestedMode} hasKeys={hasKeys} />
      <ApprovalChoice value="ask" />
      <Button
        type="submit"
        variant="primary"
        size="large"
        busy={create.isPending || create.isSuccess}
        className="self-start"
      >
        Create project
      </Button>
    </form>
  )
}
