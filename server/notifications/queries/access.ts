import type { Scope } from '#server/auth/model'
import type { Delivery } from '#server/platform/database/generated/client'
import { reader } from '#server/platform/database/transaction'
import { type Access, SendError } from '../ports'
import { slackAccess } from '../repository/secrets'

/** What a message needs to go out: the opened secret of the integration it goes through. @throws SendError */
export async function accessOf(scope: Scope, delivery: Delivery): Promise<Access> {
  if (delivery.channel !== 'slack') return { kind: 'none' }
  const integration = await reader().slackIntegration.findFirst({
    where: { id: delivery.integrationId ?? undefined, organizationId: scope.organizationId },
  })
  if (!delivery.integrationId || !integration) {
    throw new SendError('Slack is not connected any more.', { retryable: false })
  }
  if (integration.status !== 'active') {
    throw new SendError(`Slack is switched off. ${integration.disabledReason}`, { retryable: false })
  }
  const secret = slackAccess(integration)
  return integration.mode === 'bot'
    ? { kind: 'slack-bot', token: secret, integrationId: integration.id }
    : { kind: 'slack-webhook', url: secret }
}
