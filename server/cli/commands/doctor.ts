import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { messageOf } from '#server/kernel/app-error'
import { preparePostgres } from '#server/platform/database/embedded-program'
import { environmentVariable } from '#server/platform/env/inherited'
import { checkBubblewrap, checkGit, checkNode, type Finding } from '../machine'
import { paint, say } from '../output'
import { loadEnvironmentFiles } from '../product'

const SIGNS = { good: paint('green', 'ok     '), limited: paint('yellow', 'limited'), missing: paint('red', 'missing') }

function checkDatabase(): Finding {
  const name = 'database'
  const given = environmentVariable('DATABASE_URL')
  if (given) {
    const host = URL.canParse(given) ? new URL(given).host : null
    if (!host)
      return {
        name,
        state: 'missing',
        message: 'DATABASE_URL is not an address such as postgresql://user:password@host:5432/orchestrator.',
      }
    return { name, state: 'good', message: `Postgres at ${host} (DATABASE_URL)` }
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-doctor-'))
  try {
    const prepared = preparePostgres(folder)
    if (prepared.folder !== folder) rmSync(prepared.folder, { recursive: true, force: true })
    return { name, state: 'good', message: `embedded Postgres ${prepared.major}` }
  } catch (error) {
    return { name, state: 'missing', message: messageOf(error) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const PROVIDERS = { ANTHROPIC_API_KEY: 'Anthropic', OPENAI_API_KEY: 'OpenAI', DEEPSEEK_API_KEY: 'DeepSeek' }

function checkProviders(): Finding {
  const found = Object.entries(PROVIDERS).flatMap(([variable, name]) => (environmentVariable(variable) ? [name] : []))
  const message =
    found.length > 0
      ? `keys for ${found.join(', ')}`
      : 'no provider key is set: agents talk to the scripted provider and say so. Keys can also be entered in the settings.'
  return { name: 'providers', state: 'good', message }
}

/** `doctor`: says what this machine has and lacks, without changing anything. Exit code 1 when the product can't run. */
export async function run(): Promise<number> {
  loadEnvironmentFiles()
  const findings = [checkNode(), checkGit(), checkDatabase(), checkBubblewrap(), checkProviders()]
  for (const { name, state, message } of findings) say(`${SIGNS[state]}  ${name.padEnd(11)}${message}`)
  return findings.some(({ state }) => state === 'missing') ? 1 : 0
}
