import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { expect, test } from 'playwright/test'
import { nextFreePort } from '../server/cli/ports.ts'
import { startSlack, startSmtp, textOf } from '../server/notifications/testing.ts'
import { closeRows } from './decision-rows'
import { enter, owner } from './fixtures'
import { linkSlackShows, slackPeople } from './slack-rows'

let smtp: Awaited<ReturnType<typeof startSmtp>>
let slack: Awaited<ReturnType<typeof startSlack>>
let web: ChildProcess
let url: string

/** The specs' product sends no mail. Beside it, on the same database, stands one more of its web servers that does. */
test.beforeAll(async ({ request }) => {
  smtp = await startSmtp()
  slack = await startSlack({ token: 'xoxb-1', signingSecret: 'a-signing-secret' })
  const port = await nextFreePort(3460, '127.0.0.1')
  url = `http://localhost:${port}`
  const next = path.resolve(import.meta.dirname, '../node_modules/next/dist/bin/next')
  web = spawn(process.execPath, [next, 'start', '-p', String(port), '-H', '127.0.0.1'], {
    cwd: path.resolve(import.meta.dirname, '..'),
    env: { ...process.env, NODE_ENV: 'production', PORT: String(port), NEXTAUTH_URL: url, EMAIL_SERVER: smtp.url },
    stdio: 'ignore',
  })
  await expect
    .poll(() => request.get(`${url}/sign-in`).then((answer) => answer.status(), String), { timeout: 30_000 })
    .toBe(200)
})
test.afterAll(async () => {
  web?.kill()
  await smtp?.close()
  await slack?.close()
  await closeRows()
})

test('the button behind a mailed link signs in, once; opening it does not', async ({ browser, page }) => {
  await enter(page) // somebody with an account
  const stranger = await browser.newContext({ baseURL: url, viewport: { width: 390, height: 844 } })
  const phone = await stranger.newPage()
  await phone.goto('/sign-in?callbackUrl=/agents')
  await phone.getByLabel('Or get a link by e-mail').fill(owner.email)
  await phone.getByRole('button', { name: 'Send me a link' }).click()
  await expect(phone.getByRole('status')).toContainText('on its way')
  await expect.poll(() => smtp.mails.length).toBe(1)
  const mail = smtp.mails[0]
  expect(mail?.to).toEqual([owner.email])
  const link = /http\S+/.exec(mail ? textOf(mail) : '')?.[0] ?? ''
  expect(link).toContain(`${url}/sign-in/link?`)

  await phone.goto(link)
  await expect(phone.getByRole('main')).toContainText(`You are about to sign in as ${owner.email}.`)
  expect((await stranger.cookies()).some(({ name }) => name.endsWith('session-token'))).toBe(false)
  await phone.getByRole('button', { name: 'Sign in' }).click()
  await expect(phone).toHaveURL(/\/agents$/)
  await expect(phone.getByRole('heading', { level: 1, name: 'Agents' })).toBeVisible()

  const second = await browser.newContext({ baseURL: url })
  const late = await second.newPage()
  await late.goto(link)
  await late.getByRole('button', { name: 'Sign in' }).click()
  await expect(late).toHaveURL(/\/sign-in\?/)
  await expect(late.getByRole('alert').filter({ hasText: /link/ })).toBeVisible()
  expect((await second.cookies()).some(({ name }) => name.endsWith('session-token'))).toBe(false)
  await stranger.close()
  await second.close()
})

test('the link that Slack shows ties the account to whoever presses the button, not to whoever opens it', async ({
  page,
}) => {
  await enter(page)
  const account = `U${randomUUID().slice(0, 8).toUpperCase()}`
  const link = await linkSlackShows(slack, { slackUserId: account, slackName: 'Mia <b>' })
  await page.goto(link)
  await expect(page.getByRole('main')).toContainText(`What Mia <b> (${account}) presses in Slack will answer`)
  expect(await slackPeople(account)).toEqual([])
  await page.getByRole('button', { name: 'Link my Slack account' }).click()
  await expect(page.getByRole('main').getByRole('status')).toContainText(`it answers as ${owner.name} from now on`)
  expect(await slackPeople(account)).toEqual([owner.email])

  const broken = link.slice(0, -4)
  await page.goto(broken)
  await expect(page.getByRole('main')).toHaveAttribute('data-state', 'denied')
  await expect(page.getByRole('main')).toContainText('Press the button in Slack again')
})
