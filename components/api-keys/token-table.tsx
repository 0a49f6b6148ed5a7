'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useTRPC } from '#components/providers/trpc'
import { ConfirmButton } from '#components/shell/confirm-button'
import { Badge } from '#components/ui/badge'
import { Empty } from '#components/ui/empty'
import { ActionsHeader, Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import type { ApiTokenSummary } from '#server/api-keys/model'

function RevokeButton({ id, name }: { id: string; name: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const revoke = useMutation(trpc.apiKeys.revoke.mutationOptions({ onSuccess: () => router.refresh() }))
  return (
    <ConfirmButton
      label="Revoke"
      of={name}
      title={`Revoke ${name}?`}
      description="Programs that use it are refused from now on. It can’t be undone."
      keep="Keep it"
      onConfirm={() => revoke.mutateAsync({ id })}
    />
  )
}

function TokenState({ token, now }: { token: ApiTokenSummary; now: number }) {
  if (token.revokedAt) return <Badge tone="bad">Revoked</Badge>
  if (token.expiresAt && token.expiresAt.getTime() < now) return <Badge tone="bad">Expired</Badge>
  return (
    <span>
      <Badge tone="good">Active</Badge>{' '}
      {token.expiresAt ? <>until {token.expiresAt.toISOString().slice(0, 10)}</> : 'for ever'}
    </span>
  )
}

/** @param now when the page was made, so that server and browser agree on what has expired */
export function TokenTable({ tokens, now }: { tokens: ApiTokenSummary[]; now: number }) {
  if (tokens.length === 0) {
    return (
      <Empty title="No API token yet">
        A token lets a program use the REST API, for example to submit a requirement from your build.
      </Empty>
    )
  }
  return (
    <Table label="API tokens">
      <TableHead>
        <tr>
          <HeaderCell>Name</HeaderCell>
          <HeaderCell>Begins with</HeaderCell>
          <HeaderCell>May</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Last used</HeaderCell>
          <ActionsHeader />
        </tr>
      </TableHead>
      <TableBody>
        {tokens.map((token) => (
          <TableRow key={token.id}>
            <Cell className="font-medium">{token.name}</Cell>
            <Cell className="font-mono text-code">{token.prefix}…</Cell>
            <Cell>{token.scopes.join(', ')}</Cell>
            <Cell className="whitespace-nowrap">
              <TokenState token={token} now={now} />
            </Cell>
            <Cell>
              {token.lastUsedAt ? <Time value={token.lastUsedAt} /> : <span className="text-muted">never</span>}
            </Cell>
            <Cell className="text-right">{!token.revokedAt && <RevokeButton id={token.id} name={token.name} />}</Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}
