import { type Browser, devices, expect, type Page, test } from 'playwright/test'
import { closeRows, decisionStatus, mintTestLink, ownerScope, raiseForSpec } from './decision-rows'
import { faultsOf, tooWide } from './faults-of'
import { enter, live, mutate, projectPath, ready } from './fixtures'

test.describe.configure({ mode: 'serial' })

test.afterAll(closeRows)

const { defaultBrowserType: _, ...iphone } = devices['iPhone 14']

/** The inbox with exactly the questions of this test before it, the one named first at the top. */
async function openInbox(page: Page): Promise<void> {
  await page.goto('/decisions')
  await ready(page)
}

const heading = (page: Page) => page.getByRole('article').getByRole('heading', { level: 2 })
const undoBar = (page: Page) => page.getByRole('status').filter({ hasText: 'Answered' })

test('the inbox is worked with the keyboard alone: choose, send, undo, snooze, delegate', async ({ page }) => {
  await enter(page)
  const scope = await ownerScope()
  const project = projectPath(page).split('/').at(-1) as string
  const first = await raiseForSpec(scope, project, 'Which colour has the button?')
  await openInbox(page)
  await page.getByRole('button', { name: /Which colour has the button/ }).click()
  await expect(heading(page)).toHaveText('Which colour has the button?')
  await expect(heading(page)).toBeFocused() // left on the row, Enter would only press the row again

  await test.step('a digit chooses, Enter sends, the list moves on at once', async () => {
    await page.keyboard.press('1')
    await expect(page.getByRole('radio', { name: /Red/ })).toBeChecked()
    await page.keyboard.press('2')
    await expect(page.getByRole('radio', { name: /Blue/ })).toBeChecked()
    await page.keyboard.press('Enter')
    await expect(undoBar(page)).toContainText('Blue')
    await expect.poll(() => decisionStatus(first)).toBe('answered blue')
  })

  await test.step('U takes it back', async () => {
    await page.keyboard.press('u')
    await expect.poll(() => decisionStatus(first)).toBe('open -')
    await expect(page.getByRole('button', { name: /Which colour has the button/ })).toBeVisible()
  })

  await test.step('keys are letters while somebody types', async () => {
    await page.getByRole('button', { name: /Which colour has the button/ }).click()
    const comment = page.getByRole('textbox', { name: /Comment/ })
    await comment.fill('')
    await comment.pressSequentially('hud 1')
    await expect(comment).toHaveValue('hud 1')
    expect(await decisionStatus(first)).toBe('open -')
    await page.getByRole('main').focus()
  })

  await test.step('an answer that does not arrive comes back with what was entered', async () => {
    const comment = page.getByRole('textbox', { name: /Comment/ })
    await comment.fill('as in the sketch')
    await page.route('**/api/trpc/decisions.answer**', (route) => route.abort())
    await page.getByRole('radio', { name: /Red/ }).check()
    await page.getByRole('button', { name: 'Send answer' }).click()
    await expect(page.getByRole('article').getByRole('alert')).toContainText('Your answer was not taken.')
    await expect(heading(page)).toHaveText('Which colour has the button?')
    await expect(comment).toHaveValue('as in the sketch')
    await expect(page.getByRole('radio', { name: /Red/ })).toBeChecked()
    await page.unroute('**/api/trpc/decisions.answer**')
    await page.getByRole('main').focus()
  })

  await test.step('D hands it on', async () => {
    await page.keyboard.press('d')
    const people = page.getByRole('combobox', { name: 'Hand it to' })
    await expect(people).toBeFocused()
    await people.selectOption({ label: 'Ana Owner' })
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('article')).toContainText('Ana Owner')
  })

  await test.step('H puts it off; it waits below', async () => {
    await page.getByRole('main').focus()
    await page.keyboard.press('h')
    const later = page.getByRole('region', { name: /Put off by you/ })
    await expect(later).toContainText('Which colour has the button?')
    await later.getByRole('button', { name: 'Show it now' }).first().click()
    await expect(page.getByRole('button', { name: /Which colour has the button/ })).toBeVisible()
  })
})

test("the same keys work on a decision's own page, and say so", async ({ page }) => {
  await enter(page)
  const scope = await ownerScope()
  const id = await raiseForSpec(scope, projectPath(page).split('/').at(-1) as string, 'Which sound has the bell?')
  await page.goto(`/decisions/${id}`)
  await ready(page)
  await expect(page.getByText('1–4 choose, Enter sends, H puts off, D hands on')).toBeVisible()

  await test.step('D unfolds the people to choose from, H puts it off', async () => {
    await page.keyboard.press('d')
    await expect(page.getByRole('combobox', { name: /^Hand it to/ })).toBeFocused()
    await page.getByRole('main').focus()
    await page.keyboard.press('h')
    await expect(page.getByRole('status').filter({ hasText: 'Put off' })).toBeVisible()
  })

  await test.step('g d goes to the inbox and hands nothing on', async () => {
    await page.getByRole('main').focus()
    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await expect(page).toHaveURL(/\/decisions$/)
    await page.goto(`/decisions/${id}`)
    await ready(page)
    await expect(page.getByText('1–4 choose, Enter sends, H puts off, D hands on')).toBeVisible()
  })

  await test.step('a digit chooses, Enter sends, U takes back', async () => {
    await page.keyboard.press('1')
    await expect(page.getByRole('radio', { name: /Red/ })).toBeChecked()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('region', { name: 'Answer' })).toContainText('Red')
    expect(await decisionStatus(id)).toBe('answered red')
    await expect(page.getByRole('button', { name: 'Take it back (U)' })).toBeVisible()
    await page.keyboard.press('u')
    await expect.poll(() => decisionStatus(id)).toBe('open -')
    await expect(page.getByRole('radio', { name: /Red/ })).toBeVisible()
  })
})

test('a link answers on a phone without JavaScript; the second use shows who and what', async ({ browser, page }) => {
  await enter(page)
  const scope = await ownerScope()
  const id = await raiseForSpec(scope, projectPath(page).split('/').at(-1) as string, 'Keep tasks in memory?')
  const link = await mintTestLink(scope, id)
  const context = await browser.newContext({ ...iphone, javaScriptEnabled: false })
  const phone = await context.newPage()
  await phone.goto(link)
  await expect(phone.getByRole('heading', { level: 1 })).toHaveText('Keep tasks in memory?')
  for (const radio of await phone.getByRole('radio').all()) await expect(radio).not.toBeChecked()
  const send = phone.getByRole('button', { name: 'Send answer' })
  expect((await send.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(48)
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth > window.innerWidth).catch(() => false)
  expect(wide).toBe(false)

  await phone.getByRole('radio', { name: /Never/ }).check()
  await send.click()
  await expect(phone.getByRole('alert')).toContainText('cannot be undone')
  expect(await decisionStatus(id)).toBe('open -')

  await phone.getByRole('radio', { name: /Blue/ }).check()
  await send.click()
  await expect(phone.getByRole('status')).toContainText('Your answer was taken')
  await expect(phone.getByRole('region', { name: 'Answer' })).toContainText('Blue')
  await expect(phone.getByRole('region', { name: 'Answer' })).toContainText('by link')
  expect(await decisionStatus(id)).toBe('answered blue')

  const other = await context.newPage()
  await other.goto(link)
  await phone.getByRole('button', { name: 'Take it back' }).click()
  await expect(phone.getByRole('status')).toContainText('taken back')
  // Why a form was refused is told by the server, and never taken out of the page's address.
  await other.getByRole('button', { name: 'Take it back' }).click()
  await expect(other.getByRole('alert')).toContainText('there is no answer to take back')
  await other.context().clearCookies()
  await other.goto(`${link}?refused=${encodeURIComponent('Please call 555')}`)
  await expect(other.getByRole('alert')).toHaveText('That was not possible, and nothing was changed.')
  await other.close()
  await phone.getByRole('radio', { name: /Red/ }).check()
  await phone.getByRole('button', { name: 'Send answer' }).click()
  await phone.goto(link)
  await expect(phone.getByRole('region', { name: 'Answer' })).toContainText('Ana Owner')
  await expect(phone.getByRole('button', { name: 'Send answer' })).toHaveCount(0)
  expect(await decisionStatus(id)).toBe('answered red')
  await context.close()
})

/** What a mail gateway does with a link: every method that should be safe, a real browser with scripts, every GET form. */
async function scan(browser: Browser, link: string): Promise<void> {
  const context = await browser.newContext()
  const page = await context.newPage()
  for (const method of ['HEAD', 'OPTIONS', 'GET']) await context.request.fetch(link, { method })
  await context.request.get(link, { headers: { 'next-router-prefetch': '1', purpose: 'prefetch', rsc: '1' } })
  for (let visit = 0; visit < 3; visit += 1) {
    await page.goto(link, { waitUntil: 'networkidle' })
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll('details')) fold.open = true
      for (const form of document.querySelectorAll('form')) if (form.method === 'get') form.submit()
    })
  }
  const addresses = await page
    .getByRole('link')
    .evaluateAll((links) => links.map((found) => (found as HTMLAnchorElement).href))
  for (const address of addresses) await context.request.get(address)
  // A form sent without what the page gave it, as something that only knows the address would.
  const origin = new URL(page.url()).origin
  await context.request.post(`${origin}/api/trpc/decisions.answerByLink`, {
    headers: { origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    data: { json: { token: link.split('/').at(-1), pageToken: '', option: 'blue', comment: '' } },
  })
  await context.close()
}

test('a scanner that opens every link and runs its scripts decides nothing', async ({ browser, page, baseURL }) => {
  await enter(page)
  const scope = await ownerScope()
  const id = await raiseForSpec(scope, projectPath(page).split('/').at(-1) as string, 'Is it safe to look?')
  const link = new URL(await mintTestLink(scope, id), baseURL).href
  await scan(browser, link)
  expect(await decisionStatus(id)).toBe('open -')
})

test('two people at once: one answer counts, the other sees whose', async ({ browser, page }) => {
  await enter(page)
  const scope = await ownerScope()
  const id = await raiseForSpec(scope, projectPath(page).split('/').at(-1) as string, 'Who is first?')
  const link = await mintTestLink(scope, id)
  const contexts = await Promise.all([0, 1].map(() => browser.newContext({ javaScriptEnabled: false })))
  const pages = await Promise.all(contexts.map((context) => context.newPage()))
  for (const [index, somebody] of pages.entries()) {
    await somebody.goto(link)
    await somebody.getByRole('radio', { name: index === 0 ? /Red/ : /Blue/ }).check()
  }
  await Promise.all(pages.map((somebody) => somebody.getByRole('button', { name: 'Send answer' }).click()))
  const answer = (await decisionStatus(id)).replace('answered ', '')
  const label = answer === 'red' ? 'Red' : 'Blue'
  for (const somebody of pages) await expect(somebody.getByRole('region', { name: 'Answer' })).toContainText(label)
  const [won, late] = await Promise.all([
    Promise.all(pages.map((somebody) => somebody.getByText('Your answer was taken').count())),
    Promise.all(pages.map((somebody) => somebody.getByText('Somebody was first').count())),
  ])
  expect(won.reduce((sum, count) => sum + count, 0)).toBe(1)
  expect(late.reduce((sum, count) => sum + count, 0)).toBe(1)
  for (const context of contexts) await context.close()

  await test.step('an answered page that is open sees the answer taken back', async () => {
    await page.goto(`/decisions/${id}`)
    await expect(page.getByRole('button', { name: /^Take it back/ })).toBeVisible()
    await live(page)
    await mutate(page, 'decisions.undo', { decisionId: id })
    await expect(page.getByRole('button', { name: 'Send answer' })).toBeVisible()
  })
})

test('the pages have no accessibility fault and fit a small phone, light and dark', async ({ page }) => {
  test.setTimeout(180_000)
  await enter(page)
  const scope = await ownerScope()
  const id = await raiseForSpec(scope, projectPath(page).split('/').at(-1) as string, 'Does it fit?')
  const link = await mintTestLink(scope, id)
  for (const path of [link, `/decisions/${id}`, '/decisions', '/decisions/precedents']) {
    await page.goto(path)
    await ready(page)
    for (const width of [1280, 390, 320]) {
      const size = { width, height: 844 }
      expect(await faultsOf(page, [size]), path).toEqual([])
      expect(await tooWide(page, size), `${path} at ${width}`).toBe(0)
    }
  }
})
