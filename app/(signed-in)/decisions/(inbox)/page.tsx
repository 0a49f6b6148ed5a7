import type { Metadata } from 'next'
import { DecisionInbox } from '#components/decisions/decision-inbox'
import { Page, PageHeader } from '#components/shell/page'
import { ButtonLink } from '#components/ui/link'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Decisions' }

export default async function DecisionsPage() {
  const { shell, ...initial } = await read(async (api) => {
    const [open, closed, shell] = await Promise.all([
      api.decisions.open({}),
      api.decisions.closed({}),
      api.overview.shell(),
    ])
    return { open, closed, shell }
  })
  return (
    <Page state={initial.open.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title="Decisions"
        description="What needs a person, ordered by the work it holds up and how long it has waited."
        actions={<ButtonLink href="/decisions/precedents">Precedents</ButtonLink>}
      />
      <DecisionInbox {...initial} mayAnswer={shell.allowed.includes('decision.answer')} />
    </Page>
  )
}
