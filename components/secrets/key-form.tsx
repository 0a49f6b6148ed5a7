'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useRef } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { toast } from '#components/ui/toast'
import type { CredentialProvider } from '#server/secrets/model'

export const providerNames: Record<CredentialProvider, string> = {
  anthropic: 'Anthropic',
  openai: 'OpenAI',
  deepseek: 'DeepSeek',
  compatible: 'OpenAI-compatible server',
}

function KeyFields() {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="provider" label="Provider">
          {(control) => (
            <Select {...control} name="provider">
              {Object.entries(providerNames).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field id="key-name" label="Name">
          {(control) => (
            <Input {...control} name="name" required maxLength={80} placeholder="Team key" autoComplete="off" />
          )}
        </Field>
      </div>
      <Field id="value" label="Key" hint="Stored encrypted. Only its last four characters are shown afterwards.">
        {(control) => (
          <Input
            {...control}
            name="value"
            type="password"
            required
            minLength={8}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <Field id="baseUrl" label="Address" optional hint="Only for a server of your own or a gateway.">
        {(control) => <Input {...control} name="baseUrl" type="url" placeholder="https://" autoComplete="off" />}
      </Field>
    </>
  )
}

/** The key leaves the page once, to be sealed; it never comes back. */
export function KeyForm() {
  const trpc = useTRPC()
  const router = useRouter()
  const form = useRef<HTMLFormElement>(null)
  const add = useMutation(
    trpc.secrets.add.mutationOptions({
      onSuccess: () => {
        form.current?.reset()
        toast({ kind: 'success', text: 'Key saved and sealed' })
        router.refresh()
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const text = (name: string) => String(values.get(name) ?? '').trim()
    add.mutate({
      provider: text('provider') as CredentialProvider,
      name: text('name'),
      value: text('value'),
      baseUrl: text('baseUrl') || null,
    })
  }
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
      {add.error && <ErrorPanel title={errorText(add.error)} errorId={errorIdOf(add.error)} />}
      <KeyFields />
      <Button type="submit" variant="primary" busy={add.isPending} className="self-start">
        Add key
      </Button>
    </form>
  )
}
