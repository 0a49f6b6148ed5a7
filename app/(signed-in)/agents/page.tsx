import type { Metadata } from 'next'
import { AgentList } from '#components/agents/agent-list'
import { Page, PageHeader } from '#components/shell/page'
import { read } from '../_components/read'

export const metadata: Metadata = { title: 'Agents' }

export default async function AgentsPage() {
  const agents = await read((api) => api.overview.agents())
  return (
    <Page state={agents.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title="Agents"
        description="Each agent is a role with a model behind it. A task goes to the enabled agent that can do it, is free, and costs least. In scripted projects the built-in provider plays all of them."
      />
      <AgentList initial={agents} />
    </Page>
  )
}
