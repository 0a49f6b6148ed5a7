'use client'

import { useActionState } from 'react'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { signIn } from '../actions'

/** Works before and without its JavaScript: the form posts to the same action either way. */
export function SignInForm({ next }: { next: string }) {
  const [state, action, pending] = useActionState(signIn, { email: '' })
  return (
    <form action={action} className="flex flex-col gap-4">
      <input type="hidden" name="next" value={next} />
      <Field id="email" label="E-mail">
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            required
            key={state.email}
            defaultValue={state.email}
          />
        )}
      </Field>
      <Field id="password" label="Password" error={state.problem}>
        {(control) => <Input {...control} name="password" type="password" autoComplete="current-password" required />}
      </Field>
      <Button type="submit" variant="primary" size="large" busy={pending}>
        Sign in
      </Button>
    </form>
  )
}
