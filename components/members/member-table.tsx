'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { errorText, useTRPC } from '#components/providers/trpc'
import { ConfirmButton } from '#components/shell/confirm-button'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { ActionsHeader, Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { Role } from '#server/auth/model'
import type { MemberView } from '#server/auth/queries'
import { grantableRoles, RoleSelect } from './role-choice'

const nameOf = (member: MemberView) => member.name ?? member.email

/** Reads the table again, and with the page what this person may still do: they may have changed themselves. */
function useReread() {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const router = useRouter()
  return () => {
    router.refresh()
    return queries.invalidateQueries(trpc.members.list.queryFilter())
  }
}

/** A choice and a button, because a list that acts by itself would change roles while somebody moves through it by key. */
function RoleForm({ member, offered }: { member: MemberView; offered: readonly Role[] }) {
  const trpc = useTRPC()
  const reread = useReread()
  const [chosen, setChosen] = useState<Role>()
  const change = useMutation(
    trpc.members.changeRole.mutationOptions({
      onSuccess: () => {
        toast({ kind: 'success', text: `The role of ${nameOf(member)} was changed.` })
        return reread().then(() => setChosen(undefined))
      },
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    }),
  )
  const differs = chosen !== undefined && chosen !== member.role
  return (
    <form
      className="flex items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (differs) change.mutate({ userId: member.userId, role: chosen })
      }}
    >
      <RoleSelect
        className="min-w-28"
        aria-label={`Role of ${nameOf(member)}`}
        offered={offered}
        value={chosen ?? member.role}
        onChange={(event) => setChosen(event.target.value as Role)}
      />
      {differs && (
        <Button type="submit" size="small" variant="primary" busy={change.isPending}>
          Save<span className="sr-only"> role of {nameOf(member)}</span>
        </Button>
      )}
    </form>
  )
}

function RemoveButton({ member, you }: { member: MemberView; you: boolean }) {
  const trpc = useTRPC()
  const reread = useReread()
  const remove = useMutation(trpc.members.remove.mutationOptions({ onSuccess: () => reread() }))
  return (
    <ConfirmButton
      label={you ? 'Leave' : 'Remove'}
      of={you ? 'the organization' : nameOf(member)}
      title={you ? 'Leave this organization?' : `Remove ${nameOf(member)}?`}
      description={`${you ? 'You lose' : 'They lose'} access at once. API tokens ${you ? 'you' : 'they'} made and invites ${you ? 'you' : 'they'} sent stop working; what was done stays. Coming back needs a new invite.`}
      keep={you ? 'Stay' : 'Keep'}
      onConfirm={() => remove.mutateAsync({ userId: member.userId })}
    />
  )
}

export interface MemberTableProps {
  initial: MemberView[]
  /** The person who looks. */
  viewer: { userId: string; role: Role | null }
}

/** Everybody in the organization, kept live; with controls for what this person may change. */
export function MemberTable({ initial, viewer }: MemberTableProps) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.members.list.queryOptions(undefined, { initialData: initial }))
  const offered = grantableRoles(viewer.role)
  return (
    <Table label="Members">
      <TableHead>
        <tr>
          <HeaderCell>Name</HeaderCell>
          <HeaderCell>E-mail</HeaderCell>
          <HeaderCell>Role</HeaderCell>
          <HeaderCell>Since</HeaderCell>
          {offered.length > 0 && <ActionsHeader />}
        </tr>
      </TableHead>
      <TableBody>
        {data.map((member) => {
          const you = member.userId === viewer.userId
          const mayChange = offered.includes(member.role)
          return (
            <TableRow key={member.userId}>
              <Cell className="font-medium">
                {member.name ?? <span className="text-muted">not given</span>} {you && <Badge>you</Badge>}
              </Cell>
              <Cell className="min-w-40 wrap-anywhere">{member.email}</Cell>
              <Cell>{mayChange ? <RoleForm member={member} offered={offered} /> : member.role}</Cell>
              <Cell className="whitespace-nowrap">
                <Time value={member.since} />
              </Cell>
              {offered.length > 0 && (
                <Cell className="text-right">{mayChange && <RemoveButton member={member} you={you} />}</Cell>
              )}
            </TableRow>
          )
        })}
      </TableBody>
    </Table>
  )
}
