import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from 'playwright/test'
import { answerNext, enter, openQuestion, projectPath, ready, submitSample } from './fixtures'

test.describe.configure({ mode: 'serial' })
test.setTimeout(300_000)

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']
const looks = [
  { theme: 'light', width: 1280, height: 900 },
  { theme: 'dark', width: 1280, height: 900 },
  { theme: 'light', width: 390, height: 844 },
  { theme: 'dark', width: 390, height: 844 },
] as const

/** Every main page, with a requirement that has a plan, a task and an open decision. */
async function mainPages(page: Page): Promise<string[]> {
  await enter(page)
  const project = projectPath(page)
  const requirement = await submitSample(page, project)
  await answerNext(page, requirement) // the plan
  const decision = await openQuestion(page, requirement) // what an agent asks while others work
  await page.goto(`${requirement}?view=list`)
  const task = page.getByRole('table', { name: 'Tasks of the plan' }).getByRole('link').first()
  const taskPath = (await task.getAttribute('href')) ?? ''
  return [
    '/projects',
    '/projects/new',
    project,
    `${project}/requirements`,
    `${project}/requirements/new`,
    ...['graph', 'list', 'statements', 'activity', 'cost', 'files'].map((view) => `${requirement}?view=${view}`),
    ...['transcript', 'diff', 'checks', 'log', 'attempts', 'why'].map((tab) => `${taskPath}?tab=${tab}`),
    '/decisions',
    decision,
    '/activity',
    '/agents',
    '/settings/members',
    '/settings/keys',
    '/settings/account',
  ]
}

let pages: string[] = []
test.beforeAll(async ({ browser }) => {
  const page = await browser.newPage()
  pages = await mainPages(page)
  await page.close()
})

for (const { theme, width, height } of looks) {
  test(`no violation in ${theme} at ${width} px`, async ({ page }) => {
    await page.addInitScript((value) => localStorage.setItem('theme', value), theme)
    await page.setViewportSize({ width, height })
    await enter(page)
    const found: string[] = []
    for (const path of pages) {
      await page.goto(path)
      await ready(page)
      const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze()
      for (const { id, nodes } of violations)
        found.push(`${path}: ${id} at ${nodes.map((node) => node.target).join(', ')}`)
    }
    expect(found).toEqual([])
  })
}

test('nothing scrolls sideways at 320 px', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 700 })
  await enter(page)
  const wide: string[] = []
  for (const path of pages) {
    await page.goto(path)
    await ready(page)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    if (overflow > 0) wide.push(`${path}: ${overflow} px too wide`)
  }
  expect(wide).toEqual([])
})

test('every page has one title and a way past the frame', async ({ page }) => {
  await enter(page)
  for (const path of pages) {
    await page.goto(path)
    await ready(page)
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
    await page.keyboard.press('Tab')
    await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  }
})
