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
import { Select } from '#components/ui/select'
import type { TokenScope } from '#server/api-keys/model'

const scopes: Record<TokenScope, string> = {
  read: 'Read everything',
  write: 'Submit and cancel requirements',
  decide: 'Answer decisions',
  admin: 'Change settings, agents and keys',
}

function NewToken({ name, token }: { name: string; token: string }) {
  return (
    <div role="status" className="flex flex-col gap-2 rounded-md bg-succeeded-soft px-4 py-3 text-succeeded-fg">
      <p className="text-body font-semibold">{name} is ready. Copy it now: it is shown only this once.</p>
      <p className="flex items-center gap-2">
        <code className="min-w-0 rounded-sm bg-surface px-2 py-1 font-mono text-code text-text wrap-anywhere">
          {token}
        </code>
        <CopyButton text={token} what="token" />
      </p>
    </div>
  )
}

/** Makes a token for a program; its maker's role is the most it can ever do. */
export function TokenForm() {
  const trpc = useTRPC()
  const router = useRouter()
  const form = useRef<HTMLFormElement>(null)
  const create = useMutation(
    trpc.apiKeys.create.mutationOptions({
      onSuccess: () => {
        form.current?.reset()
        router.refresh()
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const days = Number(given.get('days'))
    create.mutate({
      name: String(given.get('name') ?? ''),
      scopes: given.getAll('scope').map(String) as TokenScope[],
      expiresInDays: days > 0 ? days : null,
    })
  }
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
      {create.data && <NewToken {...create.data} />}
      {create.error && <ErrorPanel title={errorText(create.error)} errorId={errorIdOf(create.error)} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="token-name" label="Name" hint="The program that will use it.">
          {(control) => <Input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <Field id="token-days" label="Expires">
          {(control) => (
            <Select {...control} name="days" defaultValue="90">
              <option value="30">in 30 days</option>
              <option value="90">in 90 days</option>
              <option value="365">in a year</option>
              <option value="0">never</option>
            </Select>
          )}
        </Field>
      </div>
      <FieldGroup legend="May">
        <div className="grid sm:grid-cols-2">
          {Object.entries(scopes).map(([value, label]) => (
            <Checkbox key={value} name="scope" value={value} label={label} defaultChecked={value === 'read'} />
          ))}
        </div>
      </FieldGroup>
      <Button type="submit" variant="primary" busy={create.isPending} className="self-start">
        Create token
      </Button>
    </form>
  )
}
