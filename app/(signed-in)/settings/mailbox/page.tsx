import type { Metadata } from 'next'
import { Mailbox } from '#components/notifications/mailbox'
import { Column, Page, PageHeader } from '#components/shell/page'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Development mailbox' }

export default async function MailboxPage() {
  const { shell, mailbox } = await read(async (api) => {
    const shell = await api.overview.shell()
    return { shell, mailbox: shell.allowed.includes('mailbox.read') ? await api.notifications.mailbox() : null }
  })
  if (mailbox) return <Mailbox initial={mailbox} />
  return (
    <Page state="denied">
      <PageHeader title="Development mailbox" crumbs={[{ href: '/settings/integrations', label: 'Integrations' }]} />
      <Column>
        <DeniedPanel what="Reading the mailbox" needed="admin" yours={shell.role} />
      </Column>
    </Page>
  )
}
