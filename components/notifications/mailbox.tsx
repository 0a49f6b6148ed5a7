'use client'

import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useTRPC } from '#components/providers/trpc'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Badge } from '#components/ui/badge'
import { CodeBlock } from '#components/ui/code-block'
import { Empty } from '#components/ui/empty'
import { TextLink } from '#components/ui/link'
import { Time } from '#components/ui/time'
import type { MailView } from '#server/notifications/queries/settings'
import type { AppRouter } from '#server/trpc/root'

/** Milliseconds between looks: an e-mail that went out has no event of its own. */
const LOOK_MS = 2_000

function Mail({ mail }: { mail: MailView }) {
  return (
    <li className="flex flex-col gap-2 px-4 py-3">
      <p className="flex flex-wrap items-center gap-2 text-table text-muted">
        <Badge tone={mail.status === 'sent' ? 'good' : 'attention'}>
          {mail.status === 'sent' ? 'sent' : 'not sent'}
        </Badge>
        to {mail.to} <Time value={mail.at} />
      </p>
      <p className="text-body font-medium wrap-anywhere">{mail.subject}</p>
      <details>
        <summary className="target cursor-pointer py-1 text-body text-muted">Read it</summary>
        <div className="flex flex-col gap-3 pt-2">
          <CodeBlock label="the text of the e-mail" text={mail.text} wrap />
          {/* Nothing in it can run or load: no scripts, no origin, and the page's policy holds inside as well. */}
          <iframe
            title={`The e-mail “${mail.subject}” as a mail program shows it`}
            sandbox=""
            srcDoc={mail.html}
            className="h-96 w-full rounded-md border border-border bg-white"
          />
          {mail.link && (
            <p className="text-body">
              It was made for you: <TextLink href={mail.link}>open your personal link</TextLink>
            </p>
          )}
        </div>
      </details>
    </li>
  )
}

/** What was sent, or would have been; new e-mails appear by themselves. */
export function Mailbox({ initial }: { initial: inferRouterOutputs<AppRouter>['notifications']['mailbox'] }) {
  const trpc = useTRPC()
  const { configured, mails } = useQuery({
    ...trpc.notifications.mailbox.queryOptions(),
    initialData: initial,
    refetchInterval: LOOK_MS,
  }).data
  return (
    <Page state={mails.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title="Development mailbox"
        crumbs={[{ href: '/settings/integrations', label: 'Integrations' }]}
        description={
          configured
            ? 'The newest e-mails this installation has sent about work here. Personal links are left out.'
            : 'There is no mail server: these e-mails were not sent. This is what would have gone out.'
        }
      />
      <Column>
        {mails.length === 0 ? (
          <Empty title="No e-mail yet">
            When a decision is needed, whoever submitted the requirement gets an e-mail. It appears here.
          </Empty>
        ) : (
          <ul className="divide-y divide-border rounded-lg border border-border bg-surface">
            {mails.map((mail) => (
              <Mail key={mail.id} mail={mail} />
            ))}
          </ul>
        )}
      </Column>
    </Page>
  )
}
