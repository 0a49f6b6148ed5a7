import { expect, type Page, test } from 'playwright/test'
import { answerNext, enter, openQuestion, ownProject, ready, submitSample } from './fixtures'

test.describe.configure({ mode: 'serial' })
test.setTimeout(300_000)

let project = ''
let requirement = ''

/** The line beside the title that tells the state. */
const state = (page: Page) => page.getByRole('main').locator('h1').locator('..')

test('a plan is changed while agents are at work, and the work still ends proven', async ({ page }) => {
  await enter(page)
  project = await ownProject(page, 'Changes')
  requirement = await submitSample(page, project)
  await answerNext(page, requirement)

  await test.step('P pauses, P resumes', async () => {
    await page.goto(`${requirement}?view=list`)
    await expect(page.getByRole('table', { name: 'Tasks of the plan' })).toBeVisible({ timeout: 60_000 })
    await page.keyboard.press('p')
    await expect(state(page)).toContainText('Paused')
    await expect(page.getByRole('region', { name: /^Who acts next on R/ })).toContainText(/[Pp]aused/)
    await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
    await page.keyboard.press('p')
    await expect(state(page)).toContainText('In progress')
    await page.keyboard.press('p')
    await expect(state(page)).toContainText('Paused')
  })

  await test.step('its head says who acts next, the budget, and why each task waits', async () => {
    await page.goto(`${requirement}?view=statements`)
    const next = page.getByRole('region', { name: /^Who acts next on R/ })
    await expect(next).toContainText(/Waiting for Ana Owner since \d\d:\d\d UTC · looked after again/)
    const budget = page.getByRole('region', { name: 'Budget at a glance' })
    await expect(budget).toContainText('Budget: no limit')
    await expect(budget).toContainText('none: scripted, no model is paid')
    const why = page.getByRole('list', { name: 'Why each task waits' })
    const fold = page.locator('summary').filter({ hasText: 'unfinished task' })
    if ((await why.count()) === 0) await fold.click()
    await expect(
      why
        .getByRole('listitem')
        .filter({ hasText: /Waits for T\d/ })
        .first(),
    ).toBeVisible()
    await why.getByRole('link').first().click()
  })

  await test.step('a task has a budget of its own, changed on its page', async () => {
    await page.getByRole('link', { name: 'Budget in full' }).click()
    await expect(page).toHaveURL(/tab=budget/)
    const own = page.getByRole('region', { name: 'Budget at a glance' })
    await page.getByRole('button', { name: 'Change the budget' }).click()
    await page.getByRole('spinbutton', { name: /^Tokens/ }).fill('5000000')
    await page.getByRole('button', { name: 'Save the budget' }).click()
    await expect(own).toContainText('limit 5M tokens')
    await expect(page.getByRole('table', { name: /^Budget of T\d/ })).toContainText('5M tokens')
    await page.goto(`${requirement}?view=list`)
  })

  const rows = page.getByRole('list', { name: 'Tasks of the plan' })
  const draft = page.getByRole('region', { name: 'Your changes' })
  await test.step('what is impossible is refused with the circle it would make', async () => {
    await page.getByRole('link', { name: 'Change the plan' }).click()
    await expect(page).toHaveURL(/\/plan$/)
    await ready(page)
    await rows.getByRole('listitem').first().focus()
    for (let count = await rows.getByRole('listitem').count(); count > 2; count -= 1) {
      await page.keyboard.press('ArrowDown')
    }
    const last = (await rows.getByRole('listitem').last().getAttribute('data-ref')) ?? ''
    await page.keyboard.press('e')
    const form = page.getByRole('dialog')
    await form.getByRole('textbox', { name: 'Waits for' }).fill(last)
    await form.getByRole('button', { name: 'Add to your changes' }).click()
    await expect(draft.getByRole('alert')).toContainText(/circle: T\d+ → T\d+/)
    await expect(draft.getByRole('button', { name: 'Apply' })).toBeDisabled()
    const asked = page.waitForEvent('dialog')
    await page.close({ runBeforeUnload: true })
    const question = await asked
    expect(question.type()).toBe('beforeunload')
    await question.dismiss()
    await draft.getByRole('button', { name: 'Discard' }).click()
    await expect(draft).toContainText('None yet')
  })

  await test.step('a form that misses something says what', async () => {
    await page.getByRole('button', { name: 'Add a task' }).click()
    const form = page.getByRole('dialog')
    await form.getByRole('textbox', { name: 'Instructions' }).fill('Say thanks.')
    await form.getByRole('textbox', { name: 'Title' }).fill('Thanks')
    await form.getByRole('button', { name: 'Add to your changes' }).click()
    await expect(form.getByRole('alert')).toContainText('At least one check is needed')
    await page.keyboard.press('Escape')
    await expect(form).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Add a task' })).toBeFocused()
  })

  await test.step('a task is removed by keyboard, looked at, applied, and taken back', async () => {
    const last = rows.getByRole('listitem').last()
    const ref = (await last.getAttribute('data-ref')) ?? ''
    await last.focus()
    await page.keyboard.press('d')
    await expect(draft.getByRole('listitem').first()).toContainText(`Remove ${ref}`)
    const preview = draft.getByRole('region', { name: 'Preview' })
    await expect(preview).toContainText('Will not be done')
    await expect(preview).toContainText('Longest chain then')
    await draft.getByRole('button', { name: 'Apply' }).focus()
    await page.keyboard.press('Enter')
    const bar = page.getByRole('status').filter({ hasText: `removed ${ref}` })
    await expect(bar).toBeVisible()
    await bar.getByRole('button', { name: 'Undo' }).click()
    const changes = page.getByRole('region', { name: 'Changes', exact: true })
    await expect(changes).toContainText(`undid: Ana Owner removed ${ref}`)
    await expect(changes).toContainText('Undone')
    await expect(rows.getByRole('listitem').last()).toHaveAttribute('data-ref', ref)
  })

  await test.step('it goes on and ends done', async () => {
    await page.goto(requirement)
    await page.getByRole('button', { name: 'Resume' }).click()
    await answerNext(page, requirement)
    await page.goto(`${requirement}?view=statements`)
    await expect
      .poll(async () => await state(page).textContent(), { timeout: 240_000 })
      .toMatch(/Done|Failed|Cancelled/)
    await expect(state(page)).toContainText('Done')
    await page.getByRole('link', { name: 'Plan and history' }).click()
    await expect(page.getByRole('region', { name: 'Changes', exact: true })).toContainText(/Ana Owner paused R\d+/)
  })
})

test('a requirement is cancelled by keyboard after a look, and taken back', async ({ page }) => {
  await enter(page)
  const other = await submitSample(page, project)
  await openQuestion(page, other)
  await page.keyboard.press('Shift+X')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Running work stops at once')
  await dialog.getByRole('button', { name: /^Cancel R\d+$/ }).click()
  const bar = page.getByRole('status').filter({ hasText: 'cancelled R' })
  await expect(bar).toBeVisible()
  await bar.getByRole('button', { name: 'Undo' }).click()
  await expect(state(page)).toContainText('Plan needs you')
  await page.keyboard.press('Shift+X')
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Cancel R\d+$/ })
    .click()
  await expect(state(page)).toContainText('Cancelled', { timeout: 30_000 })
})

test('a viewer sees why nothing can be changed, and the server refuses too', async ({ page, browser }) => {
  await enter(page)
  await page.goto('/settings/members')
  const form = page.getByRole('region', { name: 'Invite somebody' })
  const email = `looker-${Date.now()}@example.org`
  await form.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await form.getByRole('combobox', { name: 'Role' }).selectOption('viewer')
  await form.getByRole('button', { name: 'Invite', exact: true }).click()
  const link = form.getByRole('status').locator('code')
  await expect(link).toContainText('/invite/')
  const address = new URL((await link.textContent()) ?? '').pathname
  const open = await submitSample(page, project)

  const theirs = await browser.newContext()
  const bo = await theirs.newPage()
  await bo.goto(address)
  await bo.getByRole('textbox', { name: 'Your name' }).fill('Bo Looker')
  await bo.getByLabel('Password').fill('another short sentence')
  await bo.getByRole('button', { name: 'Create account and join' }).click()
  await expect(bo).toHaveURL(/\/projects$/)
  await bo.goto(open)
  await ready(bo)
  await expect(bo.getByRole('button', { name: 'Pause' })).toBeDisabled()
  await expect(bo.getByText('Pausing and cancelling need the role member.')).toBeVisible()
  const answer = await bo.request.post('/api/trpc/requirements.pause', {
    headers: { origin: new URL(bo.url()).origin, 'sec-fetch-site': 'same-origin' },
    data: { json: { requirementId: open.split('/').at(-1) } },
  })
  expect([answer.status(), await answer.text()]).toEqual([403, expect.stringContaining('This needs the role member')])
  await bo.goto(`${open}?view=cost`)
  await expect(bo.getByText('Admins may change it.')).toBeVisible()
  await expect(bo.getByRole('button', { name: 'Change the budget' })).toHaveCount(0)
  await theirs.close()
})
