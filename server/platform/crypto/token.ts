import { createHash, randomInt, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SECRET_LENGTH = 43 // 62^43 > 2^256
const ID_LENGTH = 12
const CHECKSUM_LENGTH = 6 // 62^6 > 2^32
const TOKEN = /^orc_([0-9A-Za-z]{1,64})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/

/** A credential as its holder sees it, once. Store `hash` and `id`, never `token`. */
export interface NewToken {
  token: string
  /** The public part, to look the row up and to name the token on a screen. */
  id: string
  /** SHA-256 in hex. No slow hash is needed: 256 random bits can't be guessed. */
  hash: string
}

const random = (length: number): string => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** CRC-32 of a text in base 62, so that a scanner can tell a real token from a look-alike without asking anybody. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    digits = ALPHABET[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** SHA-256 of a token in hex: what is stored and looked up. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/**
 * Makes a random token `orc_<id>_<43 characters>_<checksum>`.
 * @param id letters and digits, at most 64; a random one by default
 */
export function createToken(id: string = random(ID_LENGTH)): NewToken {
  const body = `orc_${id}_${random(SECRET_LENGTH)}`
  const token = `${body}_${checksum(body)}`
  if (!TOKEN.test(token)) throw new Error('the id of a token may hold letters and digits only')
  return { token, id, hash: hashToken(token) }
}

/** The id inside a token, or `null` when the text has another shape or its checksum is wrong (mistyped, cut off). */
export function parseToken(text: string): { id: string } | null {
  const match = TOKEN.exec(text)
  if (!match) return null
  const [, id = '', secret = '', sum = ''] = match
  return checksum(`orc_${id}_${secret}`) === sum ? { id } : null
}

/** Whether a token has this stored hash; takes the same time wherever they differ. */
export function tokenMatches(token: string, storedHash: string): boolean {
  const [given, stored] = [Buffer.from(hashToken(token), 'hex'), Buffer.from(storedHash, 'hex')]
  return given.length === stored.length && timingSafeEqual(given, stored)
}
