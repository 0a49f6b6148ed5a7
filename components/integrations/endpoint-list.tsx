import { Badge } from '#components/ui/badge'
import { Empty } from '#components/ui/empty'
import { QuietLink } from '#components/ui/link'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import type { EndpointView } from '#server/notifications/queries/settings'

export function EndpointState({ endpoint }: { endpoint: EndpointView }) {
  if (!endpoint.active) {
    return (
      <span className="text-table">
        <Badge tone="bad">Off</Badge> {endpoint.disabledReason}
      </span>
    )
  }
  if (endpoint.failingSince) {
    return (
      <span className="text-table">
        <Badge tone="attention">Failing</Badge> since <Time value={endpoint.failingSince} />
      </span>
    )
  }
  return <Badge tone="good">Active</Badge>
}

/** Endpoints of the organization; each leads to its deliveries for those who may change it. */
export function EndpointList({ endpoints, mayChange }: { endpoints: EndpointView[]; mayChange: boolean }) {
  if (endpoints.length === 0) {
    return (
      <Empty title="No webhook yet">
        A webhook tells another program what happens here, signed, and again until it has arrived.
      </Empty>
    )
  }
  return (
    <Table label="Addresses that are told">
      <TableHead>
        <tr>
          <HeaderCell>Name</HeaderCell>
          <HeaderCell>Address</HeaderCell>
          <HeaderCell>Events</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Last sent</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {endpoints.map((endpoint) => (
          <TableRow key={endpoint.id}>
            <Cell className="font-medium">
              {mayChange ? (
                <QuietLink
                  href={`/settings/integrations/webhooks/${endpoint.id}`}
                  className="target inline-flex items-center"
                >
                  {endpoint.name}
                </QuietLink>
              ) : (
                endpoint.name
              )}
            </Cell>
            <Cell className="max-w-64 font-mono text-code wrap-anywhere">{endpoint.url}</Cell>
            <Cell>{endpoint.events.join(', ')}</Cell>
            <Cell>
              <EndpointState endpoint={endpoint} />
            </Cell>
            <Cell>
              {endpoint.lastSentAt ? <Time value={endpoint.lastSentAt} /> : <span className="text-muted">never</span>}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}
