import { expect, type Page, test } from 'playwright/test'
import { enter, projectPath, ready } from './fixtures'

test.describe.configure({ mode: 'serial' })

const password = 'another short sentence'

/** Invites as the person whose page this is, and returns the link that is shown once. */
async function invite(page: Page, email: string, role: string): Promise<string> {
  await page.goto('/settings/members')
  const form = page.getByRole('region', { name: 'Invite somebody' })
  await form.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await form.getByRole('combobox', { name: 'Role' }).selectOption(role)
  await form.getByRole('button', { name: 'Invite', exact: true }).click()
  const link = form.getByRole('status').locator('code')
  await expect(link).toContainText('/invite/')
  await expect(page.getByRole('table', { name: 'Open invites' })).toContainText(email)
  return new URL((await link.textContent()) ?? '').pathname
}

test('a viewer joins by a link, sees the project, and can change nothing', async ({ page, browser }) => {
  const email = `viewer-${Date.now()}@example.org`
  await enter(page)
  const project = projectPath(page)
  const link = await invite(page, email, 'viewer')

  const theirs = await browser.newContext()
  const bo = await theirs.newPage()
  await bo.goto(link)
  await expect(bo.getByRole('heading', { level: 1 })).toHaveText(/^Join /)
  await expect(bo.getByRole('textbox', { name: 'E-mail' })).toHaveValue(email)
  await bo.getByRole('textbox', { name: 'Your name' }).fill('Bo Viewer')
  await bo.getByLabel('Password').fill(password)
  await bo.getByRole('button', { name: 'Create account and join' }).click()
  await expect(bo).toHaveURL(/\/projects$/)

  await test.step('the first person’s list changes by itself', async () => {
    await expect(page.getByRole('table', { name: 'Members' })).toContainText('Bo Viewer')
    await expect(page.getByText('No open invite')).toBeVisible()
  })

  await test.step('the project can be seen, changing is not offered', async () => {
    await bo.goto(project)
    await ready(bo)
    await expect(bo.getByRole('link', { name: 'New requirement' })).toHaveCount(0)
    await bo.goto(`${project}/requirements/new`)
    await expect(bo.getByText(/needs the role member/)).toBeVisible()
    await bo.goto('/settings/members')
    await expect(bo.getByText('Changing members needs the role admin.')).toBeVisible()
    await expect(bo.getByRole('combobox')).toHaveCount(0)
  })

  await test.step('the API refuses too', async () => {
    const origin = new URL(bo.url()).origin
    const answer = await bo.request.post('/api/trpc/members.invite', {
      headers: { origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
      data: { json: { email: 'more@example.org', role: 'viewer' } },
    })
    expect(answer.status()).toBe(403)
  })

  await test.step('the link does not work twice', async () => {
    const other = await browser.newContext()
    const late = await other.newPage()
    await late.goto(link)
    await expect(late.getByRole('heading', { level: 1 })).toHaveText('This invite was used already')
    await other.close()
  })

  await test.step('another role counts from the next page on', async () => {
    await page.getByRole('combobox', { name: 'Role of Bo Viewer' }).selectOption('member')
    await page.getByRole('button', { name: 'Save role of Bo Viewer' }).click()
    await expect(page.getByRole('button', { name: 'Save role of Bo Viewer' })).toHaveCount(0)
    await bo.goto(`${project}/requirements/new`)
    await expect(bo.getByRole('button', { name: 'Run the sample requirement' })).toBeVisible()
  })

  await test.step('removed, nothing is shown any more', async () => {
    const row = page.getByRole('table', { name: 'Members' }).getByRole('row').filter({ hasText: 'Bo Viewer' })
    await row.getByRole('button', { name: 'Remove Bo Viewer' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    // An open dialog hides the table behind it, which would look like an empty one.
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(page.getByRole('table', { name: 'Members' })).toBeVisible()
    await expect(row).toHaveCount(0)
    await bo.goto(project)
    await expect(bo.getByRole('heading', { level: 1 })).toHaveText('You are not a member of an organization')
  })

  await test.step('back with the same account: sign in first, then accept, without JavaScript', async () => {
    const again = await invite(page, email, 'viewer')
    const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
    const phone = await plain.newPage()
    await phone.goto(again)
    await phone.getByRole('link', { name: 'Sign in to accept' }).click()
    await phone.getByRole('textbox', { name: 'E-mail' }).fill(email)
    await phone.getByLabel('Password').fill(password)
    await phone.getByRole('button', { name: 'Sign in' }).click()
    await phone.getByRole('button', { name: /^Join / }).click()
    await expect(phone).toHaveURL(/\/projects$/)
    await plain.close()
  })
  await theirs.close()
})

test('a revoked invite says so, and a new account is made without JavaScript', async ({ page, browser }) => {
  const email = `plain-${Date.now()}@example.org`
  await enter(page)
  const link = await invite(page, email, 'member')
  await page.getByRole('button', { name: `Revoke the invite for ${email}` }).click()
  await expect(page.getByRole('table', { name: 'Open invites' }).getByText(email)).toHaveCount(0)
  const plain = await browser.newContext({ javaScriptEnabled: false })
  const bo = await plain.newPage()
  await bo.goto(link)
  await expect(bo.getByRole('heading', { level: 1 })).toHaveText('This invite was withdrawn')

  await bo.goto(await invite(page, email, 'member'))
  await bo.getByRole('textbox', { name: 'Your name' }).fill('Plain Member')
  await bo.getByLabel('Password').fill('short')
  await bo.getByRole('button', { name: 'Create account and join' }).click()
  await expect(bo.getByText('The password needs at least 10 characters')).toBeVisible()
  await expect(bo.getByRole('textbox', { name: 'Your name' })).toHaveValue('Plain Member')
  await bo.getByLabel('Password').fill(password)
  await bo.getByRole('button', { name: 'Create account and join' }).click()
  await expect(bo).toHaveURL(/\/projects$/)
  await plain.close()
})
