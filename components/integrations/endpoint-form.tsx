'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useRef } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Checkbox } from '#components/ui/choice'
import { CopyButton } from '#components/ui/copy-button'
import { Field, FieldGroup } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { toast } from '#components/ui/toast'
import { streamNames } from '#server/kernel/event-names'
import type { EndpointView } from '#server/notifications/queries/settings'
import { type ProjectChoice, ProjectField } from './slack-form'

const meanings: Record<(typeof streamNames)[number], string> = {
  requirement_submitted: 'A requirement was submitted',
  task_completed: 'A task is done',
  decision_needed: 'A decision is needed',
  status_update: 'Everything else that happens',
}

/** A secret, this once. */
export function NewSecret({ secret }: { secret: string }) {
  return (
    <div role="status" className="flex flex-col gap-2 rounded-md bg-succeeded-soft px-4 py-3 text-succeeded-fg">
      <p className="text-body font-semibold">
        This is the secret that signs the events. Copy it now: it is shown only this once.
      </p>
      <p className="flex items-center gap-2">
        <code className="min-w-0 rounded-sm bg-surface px-2 py-1 font-mono text-code text-text wrap-anywhere">
          {secret}
        </code>
        <CopyButton text={secret} what="secret" />
      </p>
    </div>
  )
}

function Fields({ endpoint, projects }: { endpoint?: EndpointView; projects: ProjectChoice[] }) {
  const known: readonly string[] = streamNames
  const finer = endpoint?.events.filter((name) => !known.includes(name)).join(', ') ?? ''
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="hook-name" label="Name">
          {(control) => (
            <Input {...control} name="name" required maxLength={80} autoComplete="off" defaultValue={endpoint?.name} />
          )}
        </Field>
        <ProjectField id="hook-project" projects={projects} value={endpoint?.projectId} />
      </div>
      <Field id="hook-url" label="Address" hint="Begins with https://. Private networks are never called.">
        {(control) => (
          <Input {...control} name="url" type="url" required autoComplete="off" defaultValue={endpoint?.url} />
        )}
      </Field>
      <FieldGroup legend="Send">
        <div className="grid sm:grid-cols-2">
          {streamNames.map((name) => (
            <Checkbox
              key={name}
              name="event"
              value={name}
              label={meanings[name]}
              hint={name}
              defaultChecked={endpoint ? endpoint.events.includes(name) : name !== 'status_update'}
            />
          ))}
        </div>
      </FieldGroup>
      <Field
        id="hook-finer"
        label="Finer events"
        optional
        hint="Types of the event log, with commas between: decision.answered, requirement.closed, task.failed. A * is everything."
      >
        {(control) => <Input {...control} name="finer" autoComplete="off" defaultValue={finer} />}
      </Field>
    </>
  )
}

function readForm(form: FormData) {
  const text = (name: string) => String(form.get(name) ?? '')
  const finer = text('finer').split(/[\s,]+/)
  return {
    name: text('name'),
    url: text('url'),
    projectId: text('projectId') || null,
    events: [...form.getAll('event').map(String), ...finer].filter((name) => name !== ''),
  }
}

/** Adds an endpoint, and shows its secret. */
export function AddEndpointForm({ projects }: { projects: ProjectChoice[] }) {
  const trpc = useTRPC()
  const router = useRouter()
  const form = useRef<HTMLFormElement>(null)
  const add = useMutation(
    trpc.integrations.webhooks.add.mutationOptions({
      onSuccess: () => {
        form.current?.reset()
        router.refresh()
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    add.mutate(readForm(new FormData(event.currentTarget)))
  }
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
      {add.data && <NewSecret secret={add.data.secret} />}
      <Fields projects={projects} />
      {add.error && <ErrorPanel title={errorText(add.error)} errorId={errorIdOf(add.error)} />}
      <Button type="submit" variant="primary" busy={add.isPending} className="self-start">
        Add webhook
      </Button>
    </form>
  )
}

/** Changes what an endpoint is called, where it is, and what it gets. */
export function ChangeEndpointForm({ endpoint, projects }: { endpoint: EndpointView; projects: ProjectChoice[] }) {
  const trpc = useTRPC()
  const router = useRouter()
  const change = useMutation(
    trpc.integrations.webhooks.change.mutationOptions({
      onSuccess: () => {
        toast({ kind: 'success', text: 'Saved. It holds for the next event.' })
        router.refresh()
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    change.mutate({ endpointId: endpoint.id, ...readForm(new FormData(event.currentTarget)) })
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <Fields endpoint={endpoint} projects={projects} />
      {change.error && <ErrorPanel title={errorText(change.error)} errorId={errorIdOf(change.error)} />}
      <Button type="submit" variant="primary" busy={change.isPending} className="self-start">
        Save
      </Button>
    </form>
  )
}
