import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import type { Scope } from '#server/auth/model'
import { type Product, startProduct } from '#server/cli/product'
import { PROJECT } from '#server/cli/project'
import { answerDecision } from '#server/decisions/commands'
import { optionsSchema } from '#server/decisions/model'
import { closeDatabase, database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { findBrowser } from '../e2e/browser.mjs'
import { enter } from '../e2e/fixtures'
import { FOLDER } from './report'

const FIRST_PORT = 3600
/** What would point the product at somebody's own database, providers or address. */
const FOREIGN = ['DATABASE_URL', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DEEPSEEK_API_KEY', 'NEXTAUTH_URL']

/** For this process and what it starts. */
export function forgetForeignSettings(): void {
  for (const name of FOREIGN) setEnvironmentVariable(name, undefined)
}

export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-'))
}

/** Runs `work` with the product on an empty data folder and the scripted provider, and leaves nothing behind. */
export async function withProduct(
  environment: Record<string, string>,
  work: (product: Product) => Promise<void>,
): Promise<void> {
  forgetForeignSettings()
  const dataDir = temporaryFolder()
  mkdirSync(FOLDER, { recursive: true })
  const log = path.join(FOLDER, 'product.log')
  const product = await startProduct({
    port: FIRST_PORT,
    dataDir,
    environment,
    onLine: (source, line) => appendFileSync(log, `${source} | ${line}\n`),
  })
  try {
    await work(product)
  } finally {
    await stopQueue()
    await closeDatabase()
    await product.stop()
    for (const folder of [product.databaseFolder, dataDir]) if (folder) rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs `work` with a browser, and a way to open a page in which the first owner is signed in. */
export async function withBrowser(
  product: Product,
  work: (browser: Browser, signedIn: () => Promise<Page>) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch((await findBrowser()).launch)
  try {
    await work(browser, async () => {
      if (product.setupUrl) setEnvironmentVariable('E2E_SETUP_URL', product.setupUrl)
      const context = await browser.newContext({ baseURL: product.url, viewport: { width: 1280, height: 800 } })
      const page = await context.newPage()
      await enter(page)
      return page
    })
  } finally {
    await browser.close()
  }
}

/** Submits the sample requirement; its id. */
export async function submitSampleText(scope: Scope, projectId: string): Promise<string> {
  const text = readFileSync(path.join(PROJECT, 'samples/task-board.md'), 'utf8')
  return (await submitRequirement(scope, { projectId, text, source: 'demo' })).id
}

/** Waits until the requirement has ended, taking the recommended option of each decision as soon as it is seen. */
export async function untilClosed(scope: Scope, requirementId: string): Promise<{ status: string; answered: number }> {
  for (let answered = 0; ; ) {
    const open = await database().decision.findMany({ where: { requirementId, status: 'open' } })
    for (const { id, options, recommended } of open) {
      const option = recommended ?? optionsSchema.parse(options)[0]?.id ?? ''
      await answerDecision(scope, { decisionId: id, option, comment: '' })
      answered += 1
    }
    const row = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
    if (isClosed(requirementStatusSchema.parse(row.status))) return { status: row.status, answered }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
