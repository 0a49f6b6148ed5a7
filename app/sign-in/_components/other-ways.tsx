'use client'

import { useState } from 'react'
import { Button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'

/**
 * Asks next-auth where to go on, with the token that proves our page asked, and goes there. Not by posting a form: its
 * answer leads to the provider, and the page's content security policy lets forms lead to ourselves only.
 */
async function go(provider: string, fields: Record<string, string>): Promise<void> {
  const { csrfToken } = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string }
  const body = new URLSearchParams({ csrfToken, json: 'true', ...fields })
  const response = await fetch(`/api/auth/signin/${provider}`, { method: 'POST', body })
  const { url } = (await response.json()) as { url: string }
  window.location.assign(url)
}

export interface Ways {
  email: boolean
  github: boolean
  oidc: boolean
}

/** Ways in that an operator has configured; none of them is shown otherwise. */
export function OtherWays({ ways, next }: { ways: Ways; next: string }) {
  const [problem, setProblem] = useState<string>()
  const leave = (provider: string, fields: Record<string, string> = {}) => {
    setProblem(undefined)
    go(provider, { callbackUrl: next, ...fields }).catch(() =>
      setProblem('The server could not be reached. Please try again.'),
    )
  }
  const onEmail = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    leave('email', { email: String(new FormData(event.currentTarget).get('link-email') ?? '') })
  }
  return (
    <div className="flex flex-col gap-3 border-t border-border pt-5">
      {ways.email && (
        <form onSubmit={onEmail} className="flex flex-col gap-3">
          <Field id="link-email" label="Or get a link by e-mail" hint="It works once and for 30 minutes.">
            {(control) => <Input {...control} name="link-email" type="email" autoComplete="email" required />}
          </Field>
          <Button type="submit">Send me a link</Button>
        </form>
      )}
      {ways.github && <Button onClick={() => leave('github')}>Continue with GitHub</Button>}
      {ways.oidc && <Button onClick={() => leave('oidc')}>Continue with single sign-on</Button>}
      {problem && (
        <p role="alert" className="text-table font-medium text-failed-fg">
          {problem}
        </p>
      )}
    </div>
  )
}
