import { expect, test } from 'playwright/test'
import { answerNext, enter, openQuestion, ownProject, projectPath, submitSample } from './fixtures'

test.describe.configure({ mode: 'serial' })
test.setTimeout(300_000)

test('the sample: from the link to proven software', async ({ page }) => {
  await enter(page)
  const project = await ownProject(page, 'Sample')
  const requirement = await submitSample(page, project)
  const main = page.getByRole('main')
  await expect(page.getByText('Scripted demo: no AI model is called in this project')).toBeVisible()

  await test.step('the plan is a decision; approving it makes a graph', async () => {
    await answerNext(page, requirement)
    await page.goto(`${requirement}?view=graph`)
    const graph = page.getByRole('region', { name: /^Plan as a graph/ })
    await expect(graph.getByRole('link').first()).toBeVisible({ timeout: 60_000 })
  })

  await test.step('an agent asks what matters, and goes on with the answer', async () => {
    await answerNext(page, requirement)
  })

  await test.step('it ends done, every statement proven', async () => {
    await page.goto(`${requirement}?view=statements`)
    await expect
      .poll(async () => (await main.locator('h1').locator('..').textContent()) ?? '', { timeout: 240_000 })
      .toMatch(/Done|Failed|Cancelled/)
    await expect(main.locator('h1').locator('..')).toContainText('Done')
    await expect(main.locator('h1').locator('..')).not.toContainText('Partly')
    const totals = /^(\d+) of (\d+) proven$/.exec(
      (await main
        .getByText(/^\d+ of \d+ proven/)
        .last()
        .textContent()) ?? '',
    )
    expect(totals?.[1]).toBe(totals?.[2])
    const table = page.getByRole('table', { name: 'Statements of the requirement' })
    await expect(table.getByRole('row').filter({ hasText: /Asked|Not built|Open/ })).toHaveCount(0)
    const size = page.viewportSize()
    await page.setViewportSize({ width: 390, height: 844 })
    const heights = await table.getByRole('row').evaluateAll((rows) => rows.map(({ clientHeight }) => clientHeight))
    expect(Math.max(...heights), 'a statement with its evidence leaves room for others on a phone').toBeLessThan(150)
    if (size) await page.setViewportSize(size)
  })

  await test.step('the evidence names command, exit code and tree', async () => {
    const table = page.getByRole('table', { name: 'Statements of the requirement' })
    await table.getByRole('link').first().click()
    await expect(page).toHaveURL(/\/tasks\/[0-9a-f-]{36}\?tab=checks/)
    const executed = page.getByRole('region', { name: 'What was executed' })
    await expect(executed.getByText(/^exit 0 after/).first()).toBeVisible()
    await expect(executed.getByText('Passed').first()).toBeVisible()
  })

  await test.step('the diff shows real lines, the transcript who made them', async () => {
    // The last task only runs what others built; the first one wrote files.
    await page.goto(`${requirement}?view=list`)
    await main.getByRole('link', { name: /T1/ }).first().click()
    await page.getByRole('navigation', { name: 'Sides of the task' }).getByRole('link', { name: 'Diff' }).click()
    await expect(page.getByRole('table', { name: /^Changes in / }).first()).toBeVisible()
    await page
      .getByRole('navigation', { name: 'Sides of the task' })
      .getByRole('link', { name: 'Why this agent' })
      .click()
    await expect(page.getByRole('heading', { name: /^Why / })).toBeVisible()
    await page.getByRole('navigation', { name: 'Sides of the task' }).getByRole('link', { name: 'Log' }).click()
    await expect(page.getByRole('log')).toBeVisible()
    await expect(page.getByRole('log')).toContainText('scripted')
  })

  await test.step('the files can be read', async () => {
    await page.goto(`${requirement}?view=files`)
    const files = page.getByRole('navigation', { name: 'Files' })
    await files
      .getByRole('link', { name: /\.test\.js$/ })
      .first()
      .click()
    await expect(page.getByRole('region', { name: /^File / })).toContainText('test(')
  })

  await test.step('what it cost is not made up', async () => {
    await page.goto(`${requirement}?view=cost`)
    await expect(main.getByText('n/a (scripted)').first()).toBeVisible()
  })
})

test('a decision can be answered without JavaScript, once', async ({ browser, page }) => {
  await enter(page)
  const requirement = await submitSample(page, projectPath(page))
  const decision = await openQuestion(page, requirement)
  const plain = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await page.context().storageState(),
    viewport: { width: 390, height: 844 },
  })
  const phone = await plain.newPage()
  await phone.goto(decision)
  const late = await plain.newPage()
  await late.goto(decision)
  await phone.getByRole('button', { name: 'Send answer' }).click()
  await expect(phone.getByRole('region', { name: 'Answer' })).toContainText('Answered')
  await late.getByRole('button', { name: 'Send answer' }).click()
  await expect(late.getByText('Somebody was first')).toBeVisible()
  await plain.close()

  await page.goto(requirement)
  await page.getByRole('button', { name: 'Cancel requirement' }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Cancel R\d+$/ })
    .click()
  await expect(page.getByRole('main').getByText('Cancelled', { exact: true }).first()).toBeVisible()
})
