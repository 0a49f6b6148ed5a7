import type { Metadata } from 'next'
import { DeliveryLog } from '#components/integrations/delivery-log'
import { EndpointActions } from '#components/integrations/endpoint-actions'
import { ChangeEndpointForm } from '#components/integrations/endpoint-form'
import { EndpointState } from '#components/integrations/endpoint-list'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../../../_components/read'

export const metadata: Metadata = { title: 'Webhook' }

export default async function EndpointPage(props: { params: Promise<{ endpointId: string }> }) {
  const { endpointId } = await props.params
  const { shell, endpoint, deliveries, projects } = await read(async (api) => {
    const [shell, endpoint, projects] = await Promise.all([
      api.overview.shell(),
      api.integrations.webhooks.one({ endpointId }),
      api.overview.projects(),
    ])
    const mayChange = shell.allowed.includes('integration.change')
    return {
      shell,
      endpoint,
      projects: projects.map(({ id, name }) => ({ id, name })),
      deliveries: mayChange ? await api.integrations.webhooks.deliveries({ endpointId }) : null,
    }
  })
  return (
    <Page state={deliveries === null ? 'denied' : deliveries.length === 0 ? 'empty' : 'ready'}>
      <PageHeader
        title={endpoint.name}
        crumbs={[{ href: '/settings/integrations', label: 'Integrations' }]}
        meta={<EndpointState endpoint={endpoint} />}
        description={<span className="font-mono text-code wrap-anywhere">{endpoint.url}</span>}
      />
      <Column>
        {deliveries === null ? (
          <DeniedPanel what="Seeing deliveries" needed="admin" yours={shell.role} />
        ) : (
          <>
            <EndpointActions endpoint={endpoint} />
            <section aria-labelledby="deliveries" className="flex flex-col gap-2">
              <h2 id="deliveries" className="text-body font-semibold">
                Deliveries of the last 30 days
              </h2>
              <DeliveryLog endpointId={endpointId} initial={deliveries} />
            </section>
            <Card aria-labelledby="change">
              <CardHeader id="change" title="Change" />
              <CardBody>
                <ChangeEndpointForm endpoint={endpoint} projects={projects} />
              </CardBody>
            </Card>
          </>
        )}
      </Column>
    </Page>
  )
}
