import { priceOf, type Rates } from '#server/agents/rules/pricing'
import { reader } from '#server/platform/database/transaction'

export interface Price {
  id: string
  rates: Rates
}

/**
 * What the organization pays for a model now: its own price, or else the list's.
 * @returns null when nobody told a price, and for scripted models
 */
export async function currentPrice(organizationId: string, model: string, at: Date): Promise<Price | null> {
  const own = await reader().modelPrice.findUnique({ where: { organizationId_model: { organizationId, model } } })
  if (own) {
    const { input, output, cacheRead, cacheWrite } = own
    return {
      id: `own:${own.id}`,
      rates: { in: input, out: output, cacheRead, cacheWrite: { '5m': cacheWrite }, conditions: [] },
    }
  }
  const listed = priceOf(model, at)
  return listed && { id: listed.id, rates: listed }
}
