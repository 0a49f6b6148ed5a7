import { Buffer } from 'node:buffer'
import { expect, test } from 'playwright/test'
import { enter, projectPath } from './fixtures'

test.beforeEach(async ({ page }) => {
  await enter(page)
  await page.goto(`${projectPath(page)}/requirements/new`)
})

test('an empty text is refused in words', async ({ page }) => {
  await page.getByRole('button', { name: 'Create plan' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'The text is empty' })).toBeVisible()
  await expect(page).toHaveURL(/\/requirements\/new$/)
})

test('two megabytes are refused with the limit, and the text stays', async ({ page }) => {
  const box = page.getByRole('textbox', { name: 'What should be built?' })
  await box.fill('word '.repeat(400_000))
  await page.getByRole('button', { name: 'Create plan' }).click()
  await expect(page.getByRole('alert').filter({ hasText: /too long: 2 MB, and at most 1 MB/ })).toBeVisible()
  expect((await box.inputValue()).length).toBe(2_000_000)
})

test('a binary file is refused by what it is, a large one by its size', async ({ page }) => {
  const upload = page.getByLabel('File with the requirement')
  await upload.setInputFiles({ name: 'logo.md', mimeType: 'text/markdown', buffer: Buffer.from([0x89, 0x50, 0, 1, 2]) })
  await expect(page.getByRole('alert').filter({ hasText: /logo\.md is not text/ })).toBeVisible()
  await upload.setInputFiles({ name: 'big.md', mimeType: 'text/markdown', buffer: Buffer.alloc(2_000_000, 'a') })
  await expect(page.getByRole('alert').filter({ hasText: /big\.md is too large/ })).toBeVisible()
})

test('the server refuses the same things by itself', async ({ page }) => {
  const projectId = projectPath(page).split('/').at(-1)
  const submit = (text: string) =>
    page.request.post('/api/trpc/requirements.submit', {
      data: { json: { projectId, text } },
      headers: { origin: new URL(page.url()).origin },
    })
  const empty = await submit('   ')
  expect([empty.status(), await empty.text()]).toEqual([400, expect.stringContaining('The requirement is empty')])
  const large = await submit('a'.repeat(2_000_000))
  expect([large.status(), await large.text()]).toEqual([413, expect.stringContaining('a requirement may have')])
  const binary = await submit('\u0001\u0002\u0003\u0004PNG')
  expect([binary.status(), await binary.text()]).toEqual([400, expect.stringContaining('binary file')])
})

test('signing in by its own address takes a form, not a flood', async ({ browser, page }) => {
  const stranger = await browser.newContext({ baseURL: new URL(page.url()).origin })
  const { csrfToken } = await (await stranger.request.get('/api/auth/csrf')).json()
  const send = (password: string) =>
    stranger.request.post('/api/auth/callback/credentials', {
      form: { csrfToken, email: 'nobody@example.org', password, json: 'true' },
    })
  const wrong = await send('wrong')
  expect([wrong.status(), await wrong.text()]).toEqual([401, expect.stringContaining('wrong-credentials')])
  expect((await send('x'.repeat(200_000))).status()).toBe(413)
  await stranger.close()
})

test('an address that does not exist says so', async ({ page }) => {
  await page.goto('/decisions/00000000-0000-7000-8000-000000000000')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing at this address')
})
