import type { Metadata } from 'next'
import { LinkSlack } from '#components/notifications/link-slack'
import { Column, Page, PageHeader } from '#components/shell/page'
import { ErrorPanel } from '#components/ui/page-state'
import { read } from '../../../_components/read'

export const metadata: Metadata = { title: 'Link Slack', referrer: 'no-referrer', robots: { index: false } }

export default async function LinkSlackPage(props: { searchParams: Promise<{ link?: string | string[] }> }) {
  const given = (await props.searchParams).link
  const link = typeof given === 'string' ? given : undefined
  const [session, account] = await read((api) =>
    Promise.all([api.auth.session(), link ? api.notifications.slackBehind({ token: link.slice(0, 1_000) }) : null]),
  )
  return (
    <Page state={account ? 'ready' : 'denied'}>
      <PageHeader title="Link your Slack account" />
      <Column>
        {link && account && session ? (
          <LinkSlack token={link} account={account} person={session.user.name ?? session.user.email} />
        ) : (
          <ErrorPanel title="This link is not complete, too old, or of another organization. Press the button in Slack again, and open the link it answers with." />
        )}
      </Column>
    </Page>
  )
}
