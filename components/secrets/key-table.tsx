'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useTRPC } from '#components/providers/trpc'
import { ConfirmButton } from '#components/shell/confirm-button'
import { Badge } from '#components/ui/badge'
import { Empty } from '#components/ui/empty'
import { ActionsHeader, Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import type { CredentialSummary } from '#server/secrets/model'
import { providerNames } from './key-form'

function RevokeButton({ id, name }: { id: string; name: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const revoke = useMutation(trpc.secrets.revoke.mutationOptions({ onSuccess: () => router.refresh() }))
  return (
    <ConfirmButton
      label="Revoke"
      of={name}
      title={`Revoke ${name}?`}
      description="Agents stop using this key with their next call. It can’t be undone; revoke it at the provider too."
      keep="Keep it"
      onConfirm={() => revoke.mutateAsync({ id })}
    />
  )
}

function KeyState({ entry }: { entry: CredentialSummary }) {
  if (entry.revokedAt) return <Badge tone="bad">Revoked</Badge>
  if (entry.source === 'environment') return <Badge>From the environment</Badge>
  return <Badge tone="good">Active</Badge>
}

export function KeyTable({ keys, mayChange }: { keys: CredentialSummary[]; mayChange: boolean }) {
  if (keys.length === 0) {
    return (
      <Empty title="No provider key yet">
        Scripted projects work without one. Add a key to let real models do the work, for example from Anthropic.
      </Empty>
    )
  }
  return (
    <Table label="Provider keys">
      <TableHead>
        <tr>
          <HeaderCell>Provider</HeaderCell>
          <HeaderCell>Name</HeaderCell>
          <HeaderCell>Key</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Last used</HeaderCell>
          {mayChange && <ActionsHeader />}
        </tr>
      </TableHead>
      <TableBody>
        {keys.map((entry) => (
          <TableRow key={entry.id ?? `environment-${entry.provider}`}>
            <Cell>{providerNames[entry.provider]}</Cell>
            <Cell className="font-medium">{entry.name}</Cell>
            <Cell className="font-mono text-code">
              <span className="sr-only">ends in </span>
              <span aria-hidden>…</span>
              {entry.lastFour}
            </Cell>
            <Cell>
              <KeyState entry={entry} />
            </Cell>
            <Cell>
              {entry.lastUsedAt ? <Time value={entry.lastUsedAt} /> : <span className="text-muted">never</span>}
            </Cell>
            {mayChange && (
              <Cell className="text-right">
                {entry.id && !entry.revokedAt && <RevokeButton id={entry.id} name={entry.name} />}
              </Cell>
            )}
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}
