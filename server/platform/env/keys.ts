import { z } from 'zod'
import { environmentFragment } from './read'

const KEY_BYTES = 32
const advice = (what: string) =>
  `${what}: ${KEY_BYTES} random bytes written in base64, for example from \`openssl rand -base64 ${KEY_BYTES}\``

/** A key-encryption key. A repeated byte (all zeros, "aaaa…") is a placeholder somebody forgot, so it is refused. */
const key = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === KEY_BYTES && new Set(bytes).size > 4)

/**
 * The keys that seal credentials in the database. To change the key, move the old one to ORCHESTRATOR_KEY_PREVIOUS:
 * what it sealed still opens, and everything sealed from then on uses the new one.
 */
export const keysEnvironment = environmentFragment({
  ORCHESTRATOR_KEY: key.describe(advice('set it to the key that seals credentials')),
  ORCHESTRATOR_KEY_PREVIOUS: key
    .optional()
    .describe(advice('set it to the key that sealed credentials before, or leave it out')),
})
