import type { Metadata } from 'next'
import { NotificationInbox } from '#components/notifications/inbox'
import { Column, Page, PageHeader } from '#components/shell/page'
import { ButtonLink } from '#components/ui/link'
import { read } from '../_components/read'

export const metadata: Metadata = { title: 'Notifications' }

export default async function NotificationsPage() {
  const initial = await read((api) => api.notifications.inbox({ filter: 'all' }))
  return (
    <Page state={initial.notifications.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title="Notifications"
        description="What you were told, the newest first. Only you see this list."
        actions={<ButtonLink href="/settings/notifications">What I am told</ButtonLink>}
      />
      <Column>
        <NotificationInbox initial={initial} />
      </Column>
    </Page>
  )
}
