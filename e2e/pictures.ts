import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { type Browser, expect, type Page, test } from 'playwright/test'
import { answerNext, enter, openQuestion, projectPath, submitSample } from './fixtures'

const IMAGES = path.resolve(import.meta.dirname, '../docs/images')
const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }

/** One picture of an address in each theme and size. */
async function picture(browser: Browser, from: Page, name: string, url: string): Promise<void> {
  const storageState = await from.context().storageState()
  for (const theme of ['light', 'dark'] as const) {
    for (const [size, viewport] of Object.entries(sizes)) {
      const context = await browser.newContext({ storageState, viewport, colorScheme: theme, reducedMotion: 'reduce' })
      const page = await context.newPage()
      await page.addInitScript((value) => localStorage.setItem('theme', value), theme)
      await page.goto(new URL(url, process.env.E2E_URL).href)
      await expect(page.getByRole('main')).toHaveAttribute('data-state', /^(ready|empty|denied)$/)
      await page.evaluate(() => document.fonts.ready)
      await page.evaluate(() => new Promise((done) => requestIdleCallback(() => setTimeout(done, 400))))
      await page.screenshot({ path: path.join(IMAGES, `${name}-${theme}-${size}.png`) })
      await context.close()
    }
  }
}

test('pictures of the main pages', async ({ page, browser }) => {
  mkdirSync(IMAGES, { recursive: true })
  await picture(browser, page, 'setup', process.env.E2E_SETUP_URL as string)
  await enter(page)
  const project = projectPath(page)
  const requirement = await submitSample(page, project)
  await picture(browser, page, 'plan-decision', await openQuestion(page, requirement))
  await answerNext(page, requirement)
  const question = await openQuestion(page, requirement)
  await picture(browser, page, 'decision', question)
  await picture(browser, page, 'running', `${requirement}?view=graph`)
  await picture(browser, page, 'decisions', '/decisions')
  await answerNext(page, requirement)
  await page.goto(`${requirement}?view=statements`)
  const heading = page.getByRole('main').locator('h1').locator('..')
  await expect(heading).toContainText('Done', { timeout: 240_000 })
  const evidence = page.getByRole('table', { name: 'Statements of the requirement' }).getByRole('link').first()
  const task = new URL((await evidence.getAttribute('href')) ?? '', page.url())
  await picture(browser, page, 'requirement', `${requirement}?view=graph`)
  await picture(browser, page, 'statements', `${requirement}?view=statements`)
  for (const tab of ['transcript', 'diff', 'checks']) {
    task.searchParams.set('tab', tab)
    await picture(browser, page, `task-${tab}`, `${task.pathname}${task.search}`)
  }
  await picture(browser, page, 'project', project)
  await picture(browser, page, 'new-requirement', `${project}/requirements/new`)
  await picture(browser, page, 'agents', '/agents')
  await picture(browser, page, 'keys', '/settings/keys')
})
