import { randomBytes, randomUUID } from 'node:crypto'
import { sealer } from '#server/platform/crypto/seal'
import { hashToken } from '#server/platform/crypto/token'
import type { SignalSource } from '#server/platform/database/generated/client'
import { reader, type Transaction } from '#server/platform/database/transaction'
import { registerSecret } from '#server/platform/logging/redact'
import type { Mapping, SourceKind } from '../model'

const placeOf = (organizationId: string, rowId: string) => ({ table: 'SignalSource', organizationId, rowId })
/** 256 random bits, as they may stand in an address. */
const fresh = () => randomBytes(32).toString('base64url')

/** What its maker sees once: the key of the address, and the secret. */
export interface SourceSecrets {
  key: string
  secret: string
}

function secretsFor(given: string | undefined): SourceSecrets {
  const secrets = { key: fresh(), secret: given ?? fresh() }
  registerSecret(secrets.secret)
  registerSecret(secrets.key)
  return secrets
}

export async function insertSource(
  tx: Transaction,
  row: {
    organizationId: string
    projectId: string
    kind: SourceKind
    label: string
    mapping: Mapping
    ownAccounts: string[]
    createdById: string | null
  },
  secret: string | undefined,
): Promise<SourceSecrets & { id: string }> {
  const id = randomUUID()
  const secrets = secretsFor(secret)
  await tx.signalSource.create({
    data: {
      ...row,
      id,
      keyHash: hashToken(secrets.key),
      sealedSecret: sealer().seal(secrets.secret, placeOf(row.organizationId, id)),
    },
  })
  return { id, ...secrets }
}

/** A new key and a new secret; the old ones end at once. */
export async function rotateSecrets(
  tx: Transaction,
  source: SignalSource,
  secret: string | undefined,
  now: Date,
): Promise<SourceSecrets> {
  const secrets = secretsFor(secret)
  await tx.signalSource.update({
    where: { id: source.id },
    data: {
      keyHash: hashToken(secrets.key),
      sealedSecret: sealer().seal(secrets.secret, placeOf(source.organizationId, source.id)),
      rotatedAt: now,
    },
  })
  return secrets
}

/** @throws AppError seal-broken, seal-key-missing */
export function openSecret(source: SignalSource): string {
  const secret = sealer().open(source.sealedSecret, placeOf(source.organizationId, source.id))
  registerSecret(secret)
  return secret
}

/** The enabled source an address belongs to; null for every other key. */
export async function sourceByKey(kind: SourceKind, key: string): Promise<SignalSource | null> {
  // Keys have 43 characters; nobody gets to hash a megabyte.
  if (key.length < 20 || key.length > 100) return null
  const row = await reader().signalSource.findUnique({ where: { keyHash: hashToken(key) } })
  return row?.enabled && row.kind === kind ? row : null
}

export async function lockSource(tx: Transaction, organizationId: string, id: string): Promise<SignalSource | null> {
  await tx.$queryRaw`select id from "SignalSource" where id = ${id}::uuid and "organizationId" = ${organizationId}::uuid for update`
  return tx.signalSource.findFirst({ where: { id, organizationId } })
}
