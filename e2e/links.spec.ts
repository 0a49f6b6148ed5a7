import { expect, test } from 'playwright/test'
import { enter, live, ready } from './fixtures'

test('a page fetches no other page until somebody means to go there', async ({ page }) => {
  await enter(page)
  const fetched: string[] = []
  page.on('request', (request) => {
    if (request.headers().rsc) fetched.push(new URL(request.url()).pathname)
  })
  await page.goto('/projects')
  await ready(page)
  await live(page)
  const agents = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Agents' })
  expect(fetched).toEqual([])
  await agents.hover()
  await expect.poll(() => fetched).toContain('/agents')
  await agents.click()
  await expect(page.getByRole('heading', { level: 1, name: 'Agents' })).toBeVisible()
  expect(new Set(fetched)).toEqual(new Set(['/agents']))
})
