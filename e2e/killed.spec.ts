import { existsSync } from 'node:fs'
import { expect, test } from 'playwright/test'
import type { Product } from '../server/cli/product.ts'
import { answerNext, live, projectPath, setUp, submitSample } from './fixtures'
import { startOwnProduct } from './own-product'

test.setTimeout(300_000)

let product: Product
test.beforeAll(async () => {
  test.setTimeout(300_000) // a hook has a limit of its own
  product = await startOwnProduct('killed', { port: 3460, build: false })
})
test.afterAll(() => product?.stop())

/** @returns the process that was killed */
function kill(name: 'web' | 'worker'): number {
  const id = product.idOf(name)
  if (!id) throw new Error(`${name} is not running`)
  process.kill(id, 'SIGKILL')
  return id
}

/** Waits for the process that the launcher starts instead, and holds it before it can answer anybody. */
async function holdNext(name: 'web', killed: number): Promise<number> {
  let id: number | undefined
  await expect
    .poll(
      () => {
        id = product.idOf(name)
        return id !== undefined && id !== killed && existsSync(`/proc/${id}`)
      },
      { timeout: 60_000, intervals: [20] },
    )
    .toBe(true)
  process.kill(id as number, 'SIGSTOP')
  return id as number
}

test('web and worker are killed with -9 in the middle: the open page says so, comes back, and sees the end', async ({
  browser,
}) => {
  const context = await browser.newContext({ baseURL: product.url })
  const page = await context.newPage()
  await page.goto(product.setupUrl as string)
  await setUp(page)
  const requirement = await submitSample(page, projectPath(page))
  await answerNext(page, requirement)
  await page.goto(`${requirement}?view=list`)
  const main = page.getByRole('main')
  await expect(main.getByText(/Running|Checking|Reviewing|Merging/i).first()).toBeVisible({ timeout: 60_000 })
  await live(page)

  kill('worker')
  // The launcher starts it again within a second or two, which the page does not even mention: so that one is held.
  const next = await holdNext('web', kill('web'))
  await expect(page.getByText(/Reconnecting|Offline/i).first()).toBeVisible({ timeout: 60_000 })
  process.kill(next, 'SIGCONT')

  // Everything after this comes to the open page by itself: it is never loaded again.
  const other = await context.newPage()
  await expect
    .poll(async () => (await other.request.get('/api/health').catch(() => null))?.ok() ?? false, { timeout: 60_000 })
    .toBe(true)
  await answerNext(other, requirement)
  await expect(main.locator('h1').locator('..')).toContainText('Done', { timeout: 240_000 })
  await expect(main.getByText(/17 of 17 proven/).first()).toBeVisible()
})
