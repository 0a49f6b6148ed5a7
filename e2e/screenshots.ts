/**
 * Makes the pictures in docs/images: the product as it is, started on an empty data folder, driven by a browser through
 * the sample requirement. Run by `npm run screenshots`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { startProduct } from '../server/cli/product.ts'
import { findBrowser } from './browser.mjs'

const IMAGES = path.resolve(import.meta.dirname, '../docs/images')
const themes = ['light', 'dark'] as const
const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const

/** One picture in each theme and size, at the same address. */
async function picture(browser: Browser, from: BrowserContext, name: string, url: string): Promise<void> {
  const storageState = await from.storageState()
  for (const theme of themes) {
    for (const [size, viewport] of Object.entries(sizes)) {
      const context = await browser.newContext({ storageState, viewport, colorScheme: theme, reducedMotion: 'reduce' })
      await context.addInitScript((value) => localStorage.setItem('theme', value), theme)
      const page = await context.newPage()
      await page.goto(url)
      await page.locator('main').first().waitFor()
      await page.waitForFunction(() => document.fonts.status === 'loaded')
      await settle(page)
      await page.screenshot({ path: path.join(IMAGES, `${name}-${theme}-${size}.png`) })
      await context.close()
    }
  }
  process.stdout.write(`${name}\n`)
}

/** Waits until nothing of the page is still loading: no skeletons, no request for a while. */
async function settle(page: Page): Promise<void> {
  await page.locator('[data-skeleton]').first().waitFor({ state: 'detached' })
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 2_000 })))
}

async function answerOpen(page: Page, requirement: string): Promise<void> {
  await page.goto(requirement)
  const link = page.getByRole('main').getByRole('link', { name: /\?$/ }).first()
  await link.waitFor({ timeout: 120_000 })
  await link.click()
  await page.waitForURL(/\/decisions\//)
}

async function send(page: Page): Promise<void> {
  await page.getByRole('button', { name: /send/i }).first().click()
  await page.getByText(/answered by/i).first().waitFor()
}

async function walk(browser: Browser, url: string, setupUrl: string): Promise<void> {
  const context = await browser.newContext({ viewport: sizes.desktop })
  const page = await context.newPage()
  await picture(browser, context, 'setup', setupUrl)
  await page.goto(setupUrl)
  await page.getByLabel(/e-?mail/i).fill('ana@example.org')
  await page.getByLabel(/^(your )?name/i).first().fill('Ana Lima')
  await page.getByLabel(/password/i).first().fill('a walk along the river')
  await page.getByRole('button', { name: /create|set up|continue|start/i }).last().click()
  await page.waitForURL(/\/projects\/[0-9a-f-]+/)
  const project = new URL(page.url()).pathname
  await page.getByRole('button', { name: /run the sample/i }).click()
  await page.waitForURL(/\/requirements\/[0-9a-f-]+/)
  const requirement = `${url}${new URL(page.url()).pathname}`
  await answerOpen(page, requirement)
  await picture(browser, context, 'plan-decision', page.url())
  await send(page)
  await answerOpen(page, requirement)
  await picture(browser, context, 'requirement-running', `${requirement}?view=graph`)
  await picture(browser, context, 'decision', page.url())
  await send(page)
  await page.goto(requirement)
  await page.locator('main').getByText('Done', { exact: true }).first().waitFor({ timeout: 240_000 })
  await page.goto(`${requirement}?view=statements`)
  const evidence = await page.getByRole('table').first().getByRole('link').first().getAttribute('href')
  await picture(browser, context, 'requirement', `${requirement}?view=graph`)
  await picture(browser, context, 'statements', `${requirement}?view=statements`)
  await picture(browser, context, 'task', new URL(evidence ?? '', url).href)
  await picture(browser, context, 'project', `${url}${project}`)
  await picture(browser, context, 'agents', `${url}/agents`)
  await picture(browser, context, 'keys', `${url}/settings/keys`)
}

mkdirSync(IMAGES, { recursive: true })
const dataDir = mkdtempSync(path.join(tmpdir(), 'orchestrator-pictures-'))
const product = await startProduct({ port: 3500, dataDir, onLine: () => {} })
const { launch } = await findBrowser()
const browser = await chromium.launch(launch)
try {
  await walk(browser, product.url, product.setupUrl as string)
} finally {
  await browser.close()
  await product.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
