import type { Metadata } from 'next'
import { LinkSlack } from '#components/notifications/link-slack'
import { Column, Page, PageHeader } from '#components/shell/page'
import { ErrorPanel } from '#components/ui/page-state'
import { read } from '../../../_components/read'

export const metadata: Metadata = { title: 'Link Slack', referrer: 'no-referrer', robots: { index: false } }

export default async function LinkSlackPage(props: { searchParams: Promise<{ link?: string }> }) {
  const { link } = await props.searchParams
  const session = await read((api) => api.auth.session())
  return (
    <Page state={link ? 'ready' : 'error'}>
      <PageHeader title="Link your Slack account" />
      <Column>
        {link && session ? (
          <LinkSlack token={link} person={session.user.name ?? session.user.email} />
        ) : (
          <ErrorPanel title="This link is not complete. Press the button in Slack again, and open the link it answers with." />
        )}
      </Column>
    </Page>
  )
}
