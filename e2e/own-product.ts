import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Product, type ProductOptions, startProduct } from '../server/cli/product.ts'

/** What would lead to somebody else's database, secrets, address or providers: another spec's, or the developer's. */
const FOREIGN = [
  ...['DATABASE_URL', 'NEXTAUTH_URL', 'NEXTAUTH_SECRET', 'ORCHESTRATOR_KEY', 'ORCHESTRATOR_DATA', 'SCRIPTED_URL'],
  ...['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DEEPSEEK_API_KEY'],
]

/**
 * Starts a product of its own for this process, on an empty data folder with the scripted provider; stopping it leaves
 * nothing behind.
 */
export async function startOwnProduct(name: string, options: Omit<ProductOptions, 'dataDir'>): Promise<Product> {
  for (const foreign of FOREIGN) delete process.env[foreign]
  const dataDir = mkdtempSync(path.join(tmpdir(), `orchestrator-${name}-`))
  const product = await startProduct({ ...options, dataDir })
  return {
    ...product,
    async stop() {
      await product.stop()
      for (const folder of [product.databaseFolder, dataDir]) {
        if (folder) rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}
