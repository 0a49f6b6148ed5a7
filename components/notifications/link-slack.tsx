'use client'

import { useMutation } from '@tanstack/react-query'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Button } from '#components/ui/button'
import { ErrorPanel } from '#components/ui/page-state'

/** Ties the Slack account a link was made for to whoever is signed in. Opening the page alone changes nothing. */
export function LinkSlack({ token, account, person }: { token: string; account: string; person: string }) {
  const trpc = useTRPC()
  const link = useMutation(trpc.notifications.linkSlack.mutationOptions())
  if (link.isSuccess) {
    return (
      <p role="status" className="text-body">
        Done. Go back to Slack and press the button again: it answers as {person} from now on.
      </p>
    )
  }
  return (
    <div className="flex flex-col gap-3">
      <p className="text-body">
        What{' '}
        <strong>
          <VisibleText text={account} />
        </strong>{' '}
        presses in Slack will answer decisions as {person}. Go on only if that is you, and you pressed a button in Slack
        a moment ago.
      </p>
      {link.error && <ErrorPanel title={errorText(link.error)} errorId={errorIdOf(link.error)} />}
      <Button variant="primary" className="self-start" busy={link.isPending} onClick={() => link.mutate({ token })}>
        Link my Slack account
      </Button>
    </div>
  )
}
