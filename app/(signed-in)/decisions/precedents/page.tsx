import type { Metadata } from 'next'
import { PrecedentList } from '#components/decisions/precedent-list'
import { Column, Page, PageHeader } from '#components/shell/page'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Precedents' }

export default async function PrecedentsPage() {
  const { precedents, mayChange } = await read(async (api) => {
    const [precedents, shell] = await Promise.all([api.decisions.precedents(), api.overview.shell()])
    return { precedents, mayChange: shell.allowed.includes('precedent.change') }
  })
  return (
    <Page state={mayChange ? 'ready' : 'denied'}>
      <PageHeader
        title="Precedents"
        description="New questions are compared with what people answered before. What came of it is only shown, unless an admin lets it answer."
        crumbs={[{ href: '/decisions', label: 'Decisions' }]}
      />
      <Column>
        {!mayChange && <DeniedPanel what="Changing precedents" needed="admin" />}
        <PrecedentList initial={precedents} mayChange={mayChange} />
      </Column>
    </Page>
  )
}
