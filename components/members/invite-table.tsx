'use client'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Empty } from '#components/ui/empty'
import { ActionsHeader, Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { toast } from '#components/ui/toast'
import type { OpenInvite } from '#server/auth/queries'

function RevokeButton({ invite }: { invite: OpenInvite }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const revoke = useMutation(
    trpc.members.revokeInvite.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.members.invites.queryFilter()),
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    }),
  )
  return (
    <Button
      size="small"
      busy={revoke.isPending || revoke.isSuccess}
      onClick={() => revoke.mutate({ inviteId: invite.id })}
    >
      Revoke<span className="sr-only"> the invite for {invite.email}</span>
    </Button>
  )
}

/**
 * Invites nobody has accepted yet, kept live. Revoking asks nothing back: another invite is one line away.
 * @param now when the page was made, so that server and browser agree on what has expired
 */
export function InviteTable({ initial, now }: { initial: OpenInvite[]; now: number }) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.members.invites.queryOptions(undefined, { initialData: initial }))
  if (data.length === 0) return <Empty title="No open invite">Whoever you invite below is listed here.</Empty>
  return (
    <Table label="Open invites">
      <TableHead>
        <tr>
          <HeaderCell>E-mail</HeaderCell>
          <HeaderCell>Role</HeaderCell>
          <HeaderCell>Invited by</HeaderCell>
          <HeaderCell>Works until</HeaderCell>
          <ActionsHeader />
        </tr>
      </TableHead>
      <TableBody>
        {data.map((invite) => (
          <TableRow key={invite.id}>
            <Cell className="min-w-40 font-medium wrap-anywhere">{invite.email}</Cell>
            <Cell>{invite.role}</Cell>
            <Cell>{invite.invitedBy}</Cell>
            <Cell className="whitespace-nowrap">
              {invite.expiresAt.getTime() < now ? (
                <Badge tone="bad">Expired</Badge>
              ) : (
                invite.expiresAt.toISOString().slice(0, 10)
              )}
            </Cell>
            <Cell className="text-right">
              <RevokeButton invite={invite} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}
