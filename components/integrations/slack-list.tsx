'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { ConfirmButton } from '#components/shell/confirm-button'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Empty } from '#components/ui/empty'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { ActionsHeader, Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import { toast } from '#components/ui/toast'
import type { SlackPersonView, SlackView } from '#server/notifications/queries/settings'

function Actions({ slack }: { slack: SlackView }) {
  const trpc = useTRPC()
  const router = useRouter()
  const test = useMutation(
    trpc.integrations.slack.test.mutationOptions({
      onSuccess: () =>
        toast({ kind: 'success', text: 'The test is on its way. It should be in Slack within seconds.' }),
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    }),
  )
  const remove = useMutation(trpc.integrations.slack.remove.mutationOptions({ onSuccess: () => router.refresh() }))
  return (
    <div className="flex justify-end gap-2">
      {slack.active && (
        <Button size="small" busy={test.isPending} onClick={() => test.mutate({ integrationId: slack.id })}>
          Send a test<span className="sr-only"> to {slack.name}</span>
        </Button>
      )}
      <ConfirmButton
        label="Disconnect"
        of={slack.name}
        title={`Disconnect ${slack.name}?`}
        description="Nothing is posted there any more, and buttons of messages that are there do nothing. The token is forgotten."
        keep="Keep it"
        onConfirm={() => remove.mutateAsync({ integrationId: slack.id })}
      />
    </div>
  )
}

/** Places in Slack, and how the last message went. */
export function SlackList({ connections, mayChange }: { connections: SlackView[]; mayChange: boolean }) {
  if (connections.length === 0) {
    return (
      <Empty title="Slack is not connected">
        With it, decisions appear in a channel of your team, and can be answered there.
      </Empty>
    )
  }
  return (
    <Table label="Connections to Slack">
      <TableHead>
        <tr>
          <HeaderCell>Name</HeaderCell>
          <HeaderCell>How</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Last message</HeaderCell>
          {mayChange && <ActionsHeader />}
        </tr>
      </TableHead>
      <TableBody>
        {connections.map((slack) => (
          <TableRow key={slack.id}>
            <Cell className="font-medium">{slack.name}</Cell>
            <Cell>
              {slack.mode === 'bot' ? `Bot in ${slack.channel}` : 'Incoming webhook'}{' '}
              <span className="font-mono text-code text-muted">…{slack.lastFour}</span>
            </Cell>
            <Cell>
              <Badge tone={slack.active ? 'good' : 'bad'}>{slack.active ? 'Active' : 'Off'}</Badge>{' '}
              {slack.disabledReason || slack.lastError}
            </Cell>
            <Cell>
              {slack.lastSentAt ? <Time value={slack.lastSentAt} /> : <span className="text-muted">none yet</span>}
            </Cell>
            {mayChange && (
              <Cell>
                <Actions slack={slack} />
              </Cell>
            )}
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

interface PeopleProps {
  integrationId: string
  people: SlackPersonView[]
  members: { userId: string; name: string }[]
}

/** Who in Slack is which member. People can also link themselves: their first press of a button says how. */
export function SlackPeople({ integrationId, people, members }: PeopleProps) {
  const trpc = useTRPC()
  const router = useRouter()
  const link = useMutation(trpc.integrations.slack.link.mutationOptions({ onSuccess: () => router.refresh() }))
  const unlink = useMutation(trpc.integrations.slack.unlink.mutationOptions({ onSuccess: () => router.refresh() }))
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    link.mutate({
      integrationId,
      userId: String(form.get('userId')),
      slackUserId: String(form.get('slackUserId')).trim(),
    })
  }
  return (
    <div className="flex flex-col gap-4">
      <p className="text-body text-muted">
        A button pressed in Slack answers as the member that person is. Whoever is not linked yet is told how, in Slack,
        and links themselves.
      </p>
      {people.length > 0 && (
        <ul className="flex flex-col divide-y divide-border">
          {people.map((person) => (
            <li key={person.id} className="flex flex-wrap items-center justify-between gap-2 py-1.5 text-body">
              <span>
                <span className="font-mono text-code">{person.slackUserId}</span> is {person.name}
              </span>
              <ConfirmButton
                label="Unlink"
                of={person.name}
                title={`Unlink ${person.name}?`}
                description="Buttons this person presses in Slack answer nothing any more."
                keep="Keep it"
                onConfirm={() => unlink.mutateAsync({ personId: person.id })}
              />
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={onSubmit} className="grid items-end gap-4 sm:grid-cols-[1fr_1fr_auto]">
        <Field id="slack-person" label="Member ID in Slack">
          {(control) => <Input {...control} name="slackUserId" required placeholder="U0123456789" autoComplete="off" />}
        </Field>
        <Field id="slack-member" label="Member">
          {(control) => (
            <Select {...control} name="userId" required>
              {members.map((member) => (
                <option key={member.userId} value={member.userId}>
                  {member.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button type="submit" busy={link.isPending}>
          Link
        </Button>
      </form>
      {link.error && <ErrorPanel title={errorText(link.error)} errorId={errorIdOf(link.error)} />}
    </div>
  )
}
