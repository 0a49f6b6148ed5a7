import type { Metadata } from 'next'
import { KeyForm } from '#components/secrets/key-form'
import { KeyTable } from '#components/secrets/key-table'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Provider keys' }

export default async function KeysPage() {
  const { keys, shell } = await read(async (api) => {
    const [keys, shell] = await Promise.all([api.secrets.list(), api.overview.shell()])
    return { keys, shell }
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
      </Column>
    </Page>
  )
}
