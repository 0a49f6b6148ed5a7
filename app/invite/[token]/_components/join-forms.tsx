'use client'

import { useActionState } from 'react'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { FormProblem } from '#components/ui/form-problem'
import { Input } from '#components/ui/input'
import { joinSignedIn, joinWithNewAccount } from '../actions'

/** For somebody without an account. Posts to a server action, so it works without JavaScript too. */
export function NewAccountForm({ token, email }: { token: string; email: string }) {
  const [state, action, pending] = useActionState(joinWithNewAccount, { name: '' })
  const { problem, field = '', name } = state
  const errorOf = (own: string) => (field === own ? problem : undefined)
  return (
    <form action={action} className="flex flex-col gap-5">
      <input type="hidden" name="token" value={token} />
      {problem && field !== 'name' && field !== 'password' && <FormProblem>{problem}</FormProblem>}
      <Field id="email" label="E-mail" hint="The invite is for this address.">
        {(control) => <Input {...control} type="email" autoComplete="username" value={email} readOnly />}
      </Field>
      <Field id="name" label="Your name" error={errorOf('name')}>
        {(control) => (
          <Input {...control} name="name" autoComplete="name" required maxLength={80} key={name} defaultValue={name} />
        )}
      </Field>
      <Field
        id="password"
        label="Password"
        hint="At least 10 characters; a short sentence works well."
        error={errorOf('password')}
      >
        {(control) => <Input {...control} name="password" type="password" autoComplete="new-password" required />}
      </Field>
      <Button type="submit" variant="primary" size="large" busy={pending}>
        Create account and join
      </Button>
    </form>
  )
}

/** For somebody who is signed in with the invited address. */
export function AcceptForm({ token, organization }: { token: string; organization: string }) {
  const [state, action, pending] = useActionState(joinSignedIn, { name: '' })
  return (
    <form action={action} className="flex flex-col gap-4">
      <input type="hidden" name="token" value={token} />
      {state.problem && <FormProblem>{state.problem}</FormProblem>}
      <Button type="submit" variant="primary" size="large" busy={pending}>
        Join {organization}
      </Button>
    </form>
  )
}
