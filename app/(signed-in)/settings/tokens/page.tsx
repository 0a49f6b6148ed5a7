import type { Metadata } from 'next'
import { TokenForm } from '#components/api-keys/token-form'
import { TokenTable } from '#components/api-keys/token-table'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'API tokens' }

export default async function TokensPage() {
  const { tokens, shell } = await read(async (api) => {
    const shell = await api.overview.shell()
    return { shell, tokens: shell.allowed.includes('api-token.read') ? await api.apiKeys.list() : null }
  })
  return (
    <Page state={tokens === null ? 'denied' : tokens.length === 0 ? 'empty' : 'ready'}>
      <PageHeader title="API tokens" description="For programs. People sign in." />
      <Column>
        {tokens === null ? (
          <DeniedPanel what="Seeing API tokens" needed="admin" yours={shell.role} />
        ) : (
          <>
            <TokenTable tokens={tokens} now={Date.now()} />
            <Card aria-labelledby="new-token">
              <CardHeader id="new-token" title="New token" />
              <CardBody>
                <TokenForm />
              </CardBody>
            </Card>
          </>
        )}
      </Column>
    </Page>
  )
}
