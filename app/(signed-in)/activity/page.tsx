import type { Metadata } from 'next'
import { ActivityFeed } from '#components/audit/activity-feed'
import { Page, PageHeader } from '#components/shell/page'
import { read } from '../_components/read'

export const metadata: Metadata = { title: 'Activity' }

export default async function ActivityPage() {
  const page = await read((api) => api.activity.list({ limit: 100 }))
  return (
    <Page state={page.lines.length === 0 ? 'empty' : 'ready'}>
      <PageHeader title="Activity" description="Everything people, agents and the system did, newest first." />
      <ActivityFeed about={{}} initial={page} />
    </Page>
  )
}
