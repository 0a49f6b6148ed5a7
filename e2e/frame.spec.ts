import { expect, test } from 'playwright/test'
import { enter, owner, ownProject, ready, submitSample } from './fixtures'

test('menus and dialogs by keyboard: the focus goes to what is needed first, and back', async ({ page }) => {
  await enter(page)
  const account = page.getByRole('button', { name: owner.name })
  const item = (name: string) => page.getByRole('menuitem', { name })

  await test.step('arrows and letters walk the menu, Escape gives the focus back', async () => {
    await account.focus()
    await page.keyboard.press('ArrowDown')
    await expect(item('Account')).toBeFocused()
    await page.keyboard.press('ArrowUp')
    await expect(item('Sign out')).toBeFocused()
    await page.keyboard.press('k')
    await expect(item('Keyboard')).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(item('Keyboard')).toBeHidden()
    await expect(account).toBeFocused()
  })

  await test.step('a dialog to read begins at its title', async () => {
    await page.keyboard.press('Enter')
    await expect(item('Account')).toBeFocused()
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog').getByRole('heading', { name: 'Keyboard' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(account).toBeFocused()
  })

  await test.step('a dialog to fill in begins at its first field', async () => {
    await page.goto('/agents')
    const add = page.getByRole('button', { name: 'Add agent' })
    await add.click()
    await expect(page.getByRole('dialog', { name: 'Add agent' }).getByRole('textbox').first()).toBeFocused()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    await expect(add).toBeFocused()
  })

  await test.step('a question begins at the answer that changes nothing; a form is empty after it was sent', async () => {
    await page.goto('/settings/tokens')
    const name = page.getByRole('textbox', { name: 'Name' })
    await name.fill('a program')
    await page.getByRole('button', { name: 'Create token' }).click()
    await expect(page.getByText('a program is ready.')).toBeVisible()
    await expect(name).toHaveValue('')
    const revoke = page.getByRole('button', { name: 'Revoke a program' })
    await revoke.click()
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByRole('button', { name: /^Keep/ })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(dialog).toHaveCount(0)
    await expect(revoke).toBeFocused()
    await revoke.click()
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    await expect(revoke).toHaveCount(0)
    await expect(page.getByRole('main')).toBeFocused()
  })

  await test.step('the menu signs out', async () => {
    await account.click()
    await item('Sign out').click()
    await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible()
  })
})

test('a webhook is added from a form that is empty afterwards', async ({ page }) => {
  await enter(page)
  await page.goto('/settings/integrations')
  await ready(page)
  const form = page.getByRole('region', { name: 'Webhooks' })
  // Folded once there is one, which may be another spec's.
  const folded = form.locator('details:not([open]) > summary', { hasText: 'Add a webhook' })
  if (await folded.isVisible()) await folded.click()
  await form.getByRole('textbox', { name: 'Name' }).fill('Build board')
  await form.getByRole('textbox', { name: 'Address' }).fill('https://example.org/hook')
  await form.getByRole('button', { name: 'Add webhook' }).click()
  await expect(form.getByText('This is the secret that signs the events.')).toBeVisible()
  await expect(form.getByRole('textbox', { name: 'Name' })).toHaveValue('')
  await expect(form.getByRole('textbox', { name: 'Address' })).toHaveValue('')
})

test('an e-mail appears in the development mailbox by itself; the plan’s graph is walked by keyboard', async ({
  page,
  context,
}) => {
  await enter(page)
  const project = await ownProject(page, 'Mail')
  await page.goto('/settings/mailbox')
  const subject = page.getByText(/^\[Mail \d+\] Decide: /)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Development mailbox')
  const before = await subject.count()
  const other = await context.newPage()
  const requirement = await submitSample(other, project)
  await expect(subject).toHaveCount(before + 1, { timeout: 60_000 })

  await other.goto(`${requirement}?view=graph`)
  const graph = other.getByRole('region', { name: /^Plan as a graph/ })
  const first = graph.locator('a[tabindex="0"]')
  await expect(first).toBeVisible() // from when its script has run; before, it can't hold the focus
  await first.focus()
  const name = await first.getAttribute('aria-label')
  await other.keyboard.press('ArrowRight')
  await expect(first).toBeFocused()
  await expect(first).not.toHaveAttribute('aria-label', name ?? '')
  await expect(graph.locator('a[tabindex="0"]')).toHaveCount(1)
  await expect(first).toBeInViewport()
})
