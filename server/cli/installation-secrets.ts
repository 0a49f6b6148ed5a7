import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { AppError } from '#server/kernel/app-error'
import { keyIdOf } from '#server/platform/crypto/seal'
import { environmentVariable } from '#server/platform/env/inherited'

/** What an installation makes for itself on its first start and must not lose. */
export interface InstallationSecrets {
  NEXTAUTH_SECRET: string
  ORCHESTRATOR_KEY: string
}

const fileSchema = z.object({
  NEXTAUTH_SECRET: z.string().min(32),
  ORCHESTRATOR_KEY: z.string().min(32),
  /** Id of the key that sealed this installation's credentials last; tells a wrong key at the start, not at first use. */
  keyId: z.string(),
})

const idOf = (base64: string) => keyIdOf(Buffer.from(base64, 'base64'))

function readSecrets(file: string): z.infer<typeof fileSchema> | null {
  if (!existsSync(file)) return null
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new AppError({
      code: 'secrets-file-broken',
      kind: 'unavailable',
      message: `${file} can't be read, and without it stored credentials can't be opened. Restore it from a backup, or delete it and enter the credentials again.`,
    })
  }
}

/** Refuses a key that can't open what this installation sealed, unless the old one is given as the previous key. */
function checkKey(keyId: string, current: string): void {
  const previous = environmentVariable('ORCHESTRATOR_KEY_PREVIOUS')
  if ([current, previous].some((key) => key && idOf(key) === keyId)) return
  throw new AppError({
    code: 'key-changed',
    kind: 'unavailable',
    message: `Credentials here were sealed with key ${keyId}, but ORCHESTRATOR_KEY is key ${idOf(current)}. Set ORCHESTRATOR_KEY to the old key, or set ORCHESTRATOR_KEY_PREVIOUS to it to change keys.`,
  })
}

/**
 * The secrets of the installation in this data folder: from the environment if given there, else from `secrets.json`
 * (mode 0600), which is written on the first start.
 * @throws AppError `secrets-file-broken`, `key-changed`
 */
export function installationSecrets(dataFolder: string): InstallationSecrets {
  const file = path.join(dataFolder, 'secrets.json')
  const stored = readSecrets(file)
  const random = () => randomBytes(32).toString('base64')
  const kept = stored ?? { NEXTAUTH_SECRET: random(), ORCHESTRATOR_KEY: random(), keyId: '' }
  const secrets = {
    NEXTAUTH_SECRET: environmentVariable('NEXTAUTH_SECRET') ?? kept.NEXTAUTH_SECRET,
    ORCHESTRATOR_KEY: environmentVariable('ORCHESTRATOR_KEY') ?? kept.ORCHESTRATOR_KEY,
  }
  if (kept.keyId) checkKey(kept.keyId, secrets.ORCHESTRATOR_KEY)
  const keyId = idOf(secrets.ORCHESTRATOR_KEY)
  if (keyId !== kept.keyId) {
    mkdirSync(dataFolder, { recursive: true })
    writeFileSync(`${file}.new`, `${JSON.stringify({ ...kept, keyId }, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  chmodSync(file, 0o600) // a restored backup may have come back readable for everybody
  return secrets
}
