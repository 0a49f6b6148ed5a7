'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { CopyButton } from '#components/ui/copy-button'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import type { Role } from '#server/auth/model'
import { grantableRoles, RoleSelect, roleMeaning } from './role-choice'

function Invited({ email, link }: { email: string; link: string | null }) {
  return (
    <div role="status" className="flex flex-col gap-2 rounded-md bg-succeeded-soft px-4 py-3 text-succeeded-fg">
      {link ? (
        <>
          <p className="text-body font-semibold">
            Send this link to {email} yourself. It is shown only this once and works once, for 7 days.
          </p>
          <p className="flex items-center gap-2">
            <code className="min-w-0 rounded-sm bg-surface px-2 py-1 font-mono text-code text-text wrap-anywhere">
              {link}
            </code>
            <CopyButton text={link} what="invite link" />
          </p>
        </>
      ) : (
        <p className="text-body font-semibold">A link is on its way to {email}. It works once, for 7 days.</p>
      )}
    </div>
  )
}

/** Invites one address; whoever invites can give roles up to their own. */
export function InviteForm({ own }: { own: Role | null }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const invite = useMutation(
    trpc.members.invite.mutationOptions({
      onSuccess: () => {
        form.current?.reset()
        return queries.invalidateQueries(trpc.members.invites.queryFilter())
      },
    }),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    invite.mutate({ email: String(given.get('email') ?? ''), role: String(given.get('role')) as Role })
  }
  const offered = grantableRoles(own)
  return (
    <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4">
      {invite.data && <Invited email={invite.data.email} link={invite.data.link} />}
      {invite.error && <ErrorPanel title={errorText(invite.error)} errorId={errorIdOf(invite.error)} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="invite-email" label="E-mail" hint="The invite works for this address only.">
          {(control) => <Input {...control} name="email" type="email" required maxLength={320} autoComplete="off" />}
        </Field>
        <Field
          id="invite-role"
          label="Role"
          hint={offered.map((role) => (
            <span key={role} className="block">
              {role}: {roleMeaning[role]}
            </span>
          ))}
        >
          {(control) => <RoleSelect {...control} name="role" offered={offered} defaultValue="member" />}
        </Field>
      </div>
      <Button type="submit" variant="primary" busy={invite.isPending} className="self-start">
        Invite
      </Button>
    </form>
  )
}
