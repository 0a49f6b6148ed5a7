import { expect, type Page, test } from 'playwright/test'
import { failure, githubHeaders } from '../server/signals/testing.ts'
import { faultsOf, tooWide } from './faults-of'
import { answerNext, enter, mutate, openQuestion, projectPath, ready, submitSample } from './fixtures'

test.describe.configure({ mode: 'serial' })
test.setTimeout(300_000)

const sizes = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
] as const

/** A signal with everything around it, and the pages of its sources. */
async function signalPages(page: Page, project: string): Promise<string[]> {
  const projectId = project.split('/').at(-1)
  const source = await mutate(page, 'signals.addSource', { projectId, kind: 'github', label: 'Our pipeline' })
  const { secret = '', path = '' } = source
  const body = JSON.stringify(failure)
  const headers = await githubHeaders(secret, 'workflow_run', body)
  expect((await page.request.post(path, { headers, data: body })).status()).toBe(202)
  await page.goto(`${project}/signals?status=all`)
  const line = page.getByRole('list', { name: 'Signals, latest first' }).getByRole('link').first()
  await expect(line).toBeVisible({ timeout: 60_000 })
  return [`${project}/signals`, (await line.getAttribute('href')) ?? '', `${project}/signals/sources`]
}

/** A webhook with a delivery in its log. Nothing answers at the address, and nothing is called in private networks. */
async function webhookPage(page: Page): Promise<string> {
  const asked = { name: 'Our receiver', url: 'https://receiver.invalid/hook', events: ['task_completed'] }
  const { id } = await mutate(page, 'integrations.webhooks.add', { ...asked, projectId: null })
  await mutate(page, 'integrations.webhooks.test', { endpointId: id })
  const path = `/settings/integrations/webhooks/${id}`
  await page.goto(path)
  await expect(page.getByRole('table', { name: 'Deliveries, the newest first' })).toBeVisible({ timeout: 60_000 })
  return path
}

/** Every main page, with a requirement that has a plan, a task and an open decision. */
async function mainPages(page: Page): Promise<string[]> {
  await enter(page)
  const project = projectPath(page)
  const requirement = await submitSample(page, project)
  await answerNext(page, requirement) // the plan
  const decision = await openQuestion(page, requirement) // what an agent asks while others work
  const more = [...(await signalPages(page, project)), await webhookPage(page)]
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
    ...['transcript', 'diff', 'checks', 'log', 'attempts', 'why', 'budget'].map((tab) => `${taskPath}?tab=${tab}`),
    '/decisions',
    decision,
    '/notifications',
    '/activity',
    '/agents',
    '/settings/members',
    '/settings/keys',
    '/settings/budgets',
    '/settings/account',
    '/settings/notifications',
    '/settings/integrations',
    '/settings/mailbox',
    '/settings/notifications/slack?link=one-of-slacks',
    '/unsubscribe/a-token',
    '/unsubscribe/done',
    ...more,
  ]
}

let pages: string[] = []
test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000) // a hook has a limit of its own
  const page = await browser.newPage()
  pages = await mainPages(page)
  await page.close()
})

/** Looks at each page once for everything: opening it takes as long as looking at it. */
test('every page: no violation in light and dark at 1280 and 390 px, one title, a way past the frame, fits 320 px', async ({
  page,
}) => {
  await enter(page)
  const found: string[] = []
  for (const path of pages) {
    await page.setViewportSize(sizes[0])
    await page.goto(path)
    await ready(page)
    await expect(page.getByRole('heading', { level: 1 }), path).toHaveCount(1)
    await page.keyboard.press('Tab')
    const past = page.getByRole('link', { name: 'Skip to the content' })
    await expect(past, path).toBeFocused()
    await past.blur()
    for (const fault of await faultsOf(page, sizes)) found.push(`${path}, ${fault}`)
    const over = await tooWide(page, { width: 320, height: 700 })
    if (over > 0) found.push(`${path}: ${over} px too wide`)
  }
  expect(found).toEqual([])
})

test('a theme is chosen for every open page, and is there before the first paint', async ({ page, context }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await enter(page)
  const other = await context.newPage()
  await other.emulateMedia({ colorScheme: 'light' })
  await other.goto('/agents')
  const theme = (of: Page) => of.locator('html').getAttribute('data-theme')
  expect(await theme(other)).toBe('light')
  await page.getByRole('radio', { name: 'Dark' }).first().check({ force: true }) // its label is what people press
  await expect.poll(() => theme(page)).toBe('dark')
  await expect.poll(() => theme(other)).toBe('dark')
  await expect(other.getByRole('radio', { name: 'Dark' }).first()).toBeChecked()
  // Without any code loaded, the page's own text has written it.
  await other.route(/\.js($|\?)/, (route) => route.abort())
  await other.goto('/unsubscribe/done')
  expect(await theme(other)).toBe('dark')
  await page.getByRole('radio', { name: 'As the system' }).first().check({ force: true })
  await expect.poll(() => theme(page)).toBe('light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(() => theme(page)).toBe('dark')
})
