import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startProduct } from '../server/cli/product.ts'

const FIRST_PORT = 3400
const REPORTS = path.resolve(import.meta.dirname, '../.data/test-reports')

/**
 * Starts the product for the specs, with an empty data folder and the scripted provider only. Specs find its address
 * in E2E_URL and the one-time sign-in link for the first person in E2E_SETUP_URL; its output is kept beside the reports.
 */
export default async function startForSpecs(): Promise<() => Promise<void>> {
  for (const name of ['DATABASE_URL', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DEEPSEEK_API_KEY', 'NEXTAUTH_URL']) {
    delete process.env[name]
  }
  const dataDir = mkdtempSync(path.join(tmpdir(), 'orchestrator-e2e-'))
  mkdirSync(REPORTS, { recursive: true })
  const log = path.join(REPORTS, 'product.log')
  rmSync(log, { force: true })
  const product = await startProduct({
    port: FIRST_PORT,
    dataDir,
    onLine: (source, line) => {
      appendFileSync(log, `${source} | ${line}\n`)
      if (source === 'start' || source === 'build') process.stdout.write(`${source} | ${line}\n`)
    },
  })
  process.env.E2E_URL = product.url
  process.env.E2E_SETUP_URL = product.setupUrl ?? ''
  process.env.E2E_DATABASE_URL = product.databaseUrl
  process.env.E2E_DATA = product.dataDir
  return async () => {
    await product.stop()
    for (const folder of [product.databaseFolder, dataDir]) {
      if (folder) rmSync(folder, { recursive: true, force: true })
    }
  }
}
