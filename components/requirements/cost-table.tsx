import { ScriptedBadge } from '#components/ui/badge'
import { Empty } from '#components/ui/empty'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import type { AgentCost, RequirementCost } from '#server/runs/queries'

const count = (value: number) => value.toLocaleString('en')

function AgentRow({ agent }: { agent: AgentCost }) {
  const { total } = agent
  return (
    <TableRow>
      <Cell className="whitespace-nowrap">
        {agent.agentName}
        {total.scriptedTurns > 0 && <ScriptedBadge className="ml-2" />}
      </Cell>
      <Cell className="font-mono text-code">{agent.model}</Cell>
      <Cell numeric>{count(agent.runs)}</Cell>
      <Cell numeric>{count(total.turns)}</Cell>
      <Cell numeric>{count(total.inputTokens)}</Cell>
      <Cell numeric>{count(total.cacheReadTokens)}</Cell>
      <Cell numeric>{count(total.cacheWriteTokens)}</Cell>
      <Cell numeric>{count(total.outputTokens)}</Cell>
      <Cell numeric className="whitespace-nowrap">
        {agent.cost}
      </Cell>
    </TableRow>
  )
}

/** What every agent used and cost. A model without a price is called unpriced, never free. */
export function CostTable({ cost }: { cost: RequirementCost }) {
  if (cost.agents.length === 0) {
    return <Empty title="No model call yet">Tokens and cost of every agent appear here with the first call.</Empty>
  }
  return (
    <div className="flex flex-col gap-3">
      <p className="text-reading">
        In all: <strong className="font-semibold">{cost.cost}</strong>
      </p>
      <Table label="Cost by agent">
        <TableHead>
          <tr>
            <HeaderCell>Agent</HeaderCell>
            <HeaderCell>Model</HeaderCell>
            <HeaderCell className="text-right">Runs</HeaderCell>
            <HeaderCell className="text-right">Calls</HeaderCell>
            <HeaderCell className="text-right">Input tokens</HeaderCell>
            <HeaderCell className="text-right">Cache read</HeaderCell>
            <HeaderCell className="text-right">Cache write</HeaderCell>
            <HeaderCell className="text-right">Output tokens</HeaderCell>
            <HeaderCell className="text-right">Cost</HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {cost.agents.map((agent) => (
            <AgentRow key={`${agent.agentName} ${agent.model}`} agent={agent} />
          ))}
        </TableBody>
      </Table>
    </div>
  )
}
