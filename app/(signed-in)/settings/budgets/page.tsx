import type { Metadata } from 'next'
import { BudgetPanel } from '#components/budgets/budget-panel'
import { OrganizationLimit } from '#components/budgets/organization-limit'
import { PriceForm, PriceTable } from '#components/budgets/price-table'
import { ProviderLimits } from '#components/budgets/provider-limits'
import { Column, Page, PageHeader } from '#components/shell/page'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DeniedPanel } from '#components/ui/page-state'
import { read } from '../../_components/read'

export const metadata: Metadata = { title: 'Budgets and prices' }

export default async function BudgetsPage() {
  const { prices, states, most, shell } = await read(async (api) => {
    const [prices, states, most, shell] = await Promise.all([
      api.budgets.prices(),
      api.budgets.providers(),
      api.budgets.organizationLimit(),
      api.overview.shell(),
    ])
    return { prices, states, most, shell }
  })
  const mayChange = shell.allowed.includes('budget.change')
  return (
    <Page state={mayChange ? 'ready' : 'denied'}>
      <PageHeader
        title="Budgets and prices"
        description="The whole organization's budget, what models cost, and how hard providers may be called. Projects and requirements have budgets of their own on their pages."
      />
      <Column>
        {!mayChange && <DeniedPanel what="Changing budgets and prices" needed="admin" yours={shell.role} />}
        <BudgetPanel level="organization" />
        <PriceTable prices={prices} mayChange={mayChange} />
        {mayChange && (
          <Card aria-labelledby="set-price">
            <CardHeader id="set-price" title="Set a price" note="It goes before the list that comes with the product" />
            <CardBody>
              <PriceForm />
            </CardBody>
          </Card>
        )}
        <Card aria-labelledby="organization-limit">
          <CardHeader id="organization-limit" title="Agents at work" note="In all projects together" />
          <CardBody>
            <OrganizationLimit most={most} mayChange={mayChange} />
          </CardBody>
        </Card>
        <Card aria-labelledby="provider-limits">
          <CardHeader id="provider-limits" title="Limits of providers" note="Empty is no limit of ours" />
          <CardBody className="divide-y divide-border">
            {states.map((state) => (
              <ProviderLimits key={state.provider} state={state} mayChange={mayChange} />
            ))}
          </CardBody>
        </Card>
      </Column>
    </Page>
  )
}
