import { createMask, MASK } from '#server/platform/crypto/mask'

/**
 * Field names whose values never reach a log, at the top and one level down. Values that appear elsewhere (in a
 * message, an error, an address) are caught by the mask of registered secrets.
 */
const SECRET_FIELDS = [
  'password',
  'secret',
  'token',
  'apiKey',
  'authorization',
  'cookie',
  'plaintext',
  'credential',
  'DATABASE_URL',
]

/** For pino's `redact`: paths are compiled once, so they are cheap. */
export const redactedPaths = {
  paths: [
    ...SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]),
    'req.headers.authorization',
    'req.headers.cookie',
    'headers["set-cookie"]',
  ],
  censor: MASK,
}

const known = new Set<string>()
let mask: ((text: string) => string) | undefined
let keyMask: ((text: string) => string) | undefined
/** Shorter values may be words of somebody's project: the password of many a database is "postgres". */
const KEY_LENGTH = 16

/**
 * Makes a value known as a secret of this process: from now on it is masked in every log line, in all common
 * encodings. Values shorter than 6 characters are ignored.
 */
export function registerSecret(value: string | undefined): void {
  if (!value || known.has(value)) return
  known.add(value)
  mask = undefined
  keyMask = undefined
}

/** A text with every registered secret masked. */
export function maskSecrets(text: string): string {
  mask ??= createMask(known)
  return mask(text)
}

/**
 * A text that work goes on with, with every registered key masked. What may be an ordinary word stays, because an agent
 * that reads *** for it would write *** into the project's files.
 */
export function maskKeys(text: string): string {
  keyMask ??= createMask([...known].filter((secret) => secret.length >= KEY_LENGTH))
  return keyMask(text)
}

/** The registered secrets, for a stream mask over the output of a command or a model. */
export function registeredSecrets(): string[] {
  return [...known]
}
