import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { AppError } from '#server/kernel/app-error'
import { keysEnvironment } from '#server/platform/env/keys'

/**
 * Where a sealed value belongs. It is part of what the seal proves: moved to another row, organization or table, the
 * value does not open.
 */
interface SealPlace {
  table: string
  organizationId: string
  rowId: string
}

/** The current key, and older ones that still open what they sealed. Each has 32 bytes. */
export interface KeyRing {
  current: Buffer
  previous?: Buffer | undefined
}

export interface Sealer {
  /** Id of the key that seals now. */
  keyId: string
  seal: (plaintext: string, place: SealPlace) => string
  /** @throws AppError `seal-key-missing` (sealed by a key we don't have), `seal-broken` (changed, or of another place) */
  open: (sealed: string, place: SealPlace) => string
  /** The same value under the current key; the body stays as it is, so it is cheap. Throws like `open`. */
  rewrap: (sealed: string, place: SealPlace) => string
}

const VERSION = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM (NIST SP 800-38D): nonce, ciphertext and tag in one buffer. */
function encrypt(key: Buffer, plaintext: Buffer, place: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(place)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Buffer, sealed: Buffer, place: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(place)
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
}

/** A short name of a key that says nothing about it: the first 8 hex digits of a hash. */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('orchestrator key id').update(key).digest('hex').slice(0, 8)
}

/** In a fixed order and unambiguous: an array of strings as JSON. */
const bytesOf = ({ table, organizationId, rowId }: SealPlace) =>
  Buffer.from(JSON.stringify([table, organizationId, rowId]))

const broken = (cause?: unknown) =>
  new AppError({
    code: 'seal-broken',
    kind: 'internal',
    message:
      'A stored secret does not open: it was changed, or copied from another row. Enter it again in its settings.',
    cause,
  })

const keyMissing = (keyId: string, have: string[]) =>
  new AppError({
    code: 'seal-key-missing',
    kind: 'unavailable',
    message: `A stored secret was sealed with key ${keyId}, but this installation has key ${have.join(' and ')}. Set ORCHESTRATOR_KEY (or ORCHESTRATOR_KEY_PREVIOUS) to that key, or enter the secret again.`,
    details: { keyId, have },
  })

/**
 * Envelope encryption: every value has its own random data key, which is itself encrypted by the ring's key. Written
 * as `v1.<key id>.<wrapped data key>.<body>`, the last two in base64url.
 */
export function createSealer(ring: KeyRing): Sealer {
  const keys = new Map([ring.current, ring.previous].flatMap((key) => (key ? [[keyIdOf(key), key]] : [])))
  const keyId = keyIdOf(ring.current)
  const wrap = (dataKey: Buffer, place: Buffer) => encrypt(ring.current, dataKey, place).toString('base64url')

  const unwrap = (sealed: string, place: Buffer) => {
    const [version, usedKeyId = '', wrapped = '', body = ''] = sealed.split('.')
    if (version !== VERSION) throw broken()
    const key = keys.get(usedKeyId)
    if (!key) throw keyMissing(usedKeyId, [...keys.keys()])
    try {
      return { dataKey: decrypt(key, Buffer.from(wrapped, 'base64url'), place), body }
    } catch (cause) {
      throw broken(cause)
    }
  }

  return {
    keyId,
    seal(plaintext, place) {
      const where = bytesOf(place)
      const dataKey = randomBytes(32)
      const body = encrypt(dataKey, Buffer.from(plaintext), where).toString('base64url')
      return [VERSION, keyId, wrap(dataKey, where), body].join('.')
    },
    open(sealed, place) {
      const where = bytesOf(place)
      const { dataKey, body } = unwrap(sealed, where)
      try {
        return decrypt(dataKey, Buffer.from(body, 'base64url'), where).toString()
      } catch (cause) {
        throw broken(cause)
      }
    },
    rewrap(sealed, place) {
      const where = bytesOf(place)
      const { dataKey, body } = unwrap(sealed, where)
      return [VERSION, keyId, wrap(dataKey, where), body].join('.')
    },
  }
}

let fromEnvironment: Sealer | undefined

/** The sealer of this installation, with the keys of ORCHESTRATOR_KEY and ORCHESTRATOR_KEY_PREVIOUS. */
export function sealer(): Sealer {
  const { ORCHESTRATOR_KEY: current, ORCHESTRATOR_KEY_PREVIOUS: previous } = keysEnvironment()
  fromEnvironment ??= createSealer({ current, previous })
  return fromEnvironment
}
