'use client'

import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'

/** Changing the password ends every session, this one too: the person signs in anew. */
export function PasswordForm({ email }: { email: string }) {
  const trpc = useTRPC()
  const change = useMutation(
    trpc.auth.changePassword.mutationOptions({ onSuccess: () => window.location.assign('/sign-in?ended=1') }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    change.mutate({ current: String(form.get('current') ?? ''), next: String(form.get('next') ?? '') })
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {change.error && <ErrorPanel title={errorText(change.error)} errorId={errorIdOf(change.error)} />}
      <input type="text" name="email" autoComplete="username" defaultValue={email} hidden readOnly />
      <Field id="current" label="Present password">
        {(control) => <Input {...control} name="current" type="password" autoComplete="current-password" required />}
      </Field>
      <Field id="next" label="New password" hint="At least 10 characters; a short sentence works well.">
        {(control) => <Input {...control} name="next" type="password" autoComplete="new-password" required />}
      </Field>
      <Button type="submit" busy={change.isPending || change.isSuccess} className="self-start">
        Change password and sign out everywhere
      </Button>
    </form>
  )
}
