import { randomBytes } from 'node:crypto'
import { sealer } from '#server/platform/crypto/seal'
import type { SlackIntegration, WebhookEndpoint } from '#server/platform/database/generated/client'
import { registerSecret } from '#server/platform/logging/redact'

type Table = 'WebhookEndpoint' | 'SlackIntegration'

/** Sealed for its row: copied into another row or organization it does not open. From here on logs mask it. */
export function sealFor(table: Table, organizationId: string, rowId: string, secret: string): string {
  registerSecret(secret)
  return sealer().seal(secret, { table, organizationId, rowId })
}

function open(table: Table, organizationId: string, rowId: string, sealed: string): string {
  const secret = sealer().open(sealed, { table, organizationId, rowId })
  registerSecret(secret)
  return secret
}

/** A secret as Standard Webhooks writes it: whsec_ and 24 to 64 random bytes in base64. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** The secrets an endpoint's events are signed with now: the newest first, and for a while after a rotation the one before. */
export function endpointSecrets(endpoint: WebhookEndpoint, now: Date): string[] {
  const { id, organizationId, sealedSecret, sealedPreviousSecret, previousUntil } = endpoint
  const secrets = [open('WebhookEndpoint', organizationId, id, sealedSecret)]
  if (sealedPreviousSecret && previousUntil && previousUntil > now) {
    secrets.push(open('WebhookEndpoint', organizationId, id, sealedPreviousSecret))
  }
  return secrets
}

/** The bot token or the address of the incoming webhook. */
export function slackAccess({ id, organizationId, sealedAccess }: SlackIntegration): string {
  return open('SlackIntegration', organizationId, id, sealedAccess)
}

export function slackSigningSecret({ id, organizationId, sealedSigningSecret }: SlackIntegration): string | null {
  return sealedSigningSecret ? open('SlackIntegration', organizationId, id, sealedSigningSecret) : null
}
