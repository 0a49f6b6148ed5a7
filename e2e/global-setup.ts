import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { startOwnProduct } from './own-product'

const FIRST_PORT = 3400
const REPORTS = path.resolve(import.meta.dirname, '../.data/test-reports')

/**
 * Starts the product for the specs, with an empty data folder and the scripted provider only. Specs find its address
 * in E2E_URL and the one-time sign-in link for the first person in E2E_SETUP_URL; its output is kept beside the reports.
 */
export default async function startForSpecs(): Promise<() => Promise<void>> {
  mkdirSync(REPORTS, { recursive: true })
  const log = path.join(REPORTS, 'product.log')
  rmSync(log, { force: true })
  const product = await startOwnProduct('e2e', {
    port: FIRST_PORT,
    onLine: (source, line) => {
      appendFileSync(log, `${source} | ${line}\n`)
      if (source === 'start' || source === 'build') process.stdout.write(`${source} | ${line}\n`)
    },
  })
  process.env.E2E_URL = product.url
  process.env.E2E_SETUP_URL = product.setupUrl ?? ''
  process.env.E2E_DATABASE_URL = product.databaseUrl
  process.env.E2E_DATA = product.dataDir
  return product.stop
}
