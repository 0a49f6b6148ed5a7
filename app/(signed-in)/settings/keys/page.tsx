import type { Metadata } from 'next'
import { KeyForm } from '#components/secrets/key-form'
import { KeyTable } from '#components/secrets/key-table'
import { LocalAddresses } from '#components/secrets/local-addresses'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Provider keys' }

export default async function KeysPage() {
  const { keys, shell, local } = await read(async (api) => {
    const [keys, shell, local] = await Promise.all([
      api.secrets.list(),
      api.overview.shell(),
      api.secrets.localAddresses(),
    ])
    return { keys, shell, local }
  })
  const mayChange = shell.allowed.includes('credential.change')
  return (
    <Page state={mayChange ? (keys.length === 0 ? 'empty' : 'ready') : 'denied'}>
      <PageHeader
        title="Provider keys"
        description="Agents use these to call their models. The newest active key of a provider counts, before one from the environment."
      />
      <Column>
        {!mayChange && <DeniedPanel what="Changing provider keys" needed="admin" yours={shell.role} />}
        <KeyTable keys={keys} mayChange={mayChange} />
        {mayChange && (
          <Card aria-labelledby="add-key">
            <CardHeader id="add-key" title="Add a key" />
            <CardBody>
              <KeyForm />
            </CardBody>
          </Card>
        )}
        {mayChange && (
          <Card aria-labelledby="local-addresses">
            <CardHeader id="local-addresses" title="Servers on this machine" />
            <CardBody>
              <LocalAddresses allowed={local} />
            </CardBody>
          </Card>
        )}
      </Column>
    </Page>
  )
}
