import { type APIRequestContext, expect, type Page, test } from 'playwright/test'
import type { Product } from '../server/cli/product.ts'
import { decidingButtons, headerOf, startSlack, startSmtp, textOf } from '../server/notifications/testing.ts'
import { failure, githubHeaders } from '../server/signals/testing.ts'
import { answerNext, projectPath, setUp, submitSample } from './fixtures'
import { startOwnProduct } from './own-product'

test.setTimeout(300_000)

const bot = { token: 'xoxb-the-teams-bot', signingSecret: 'the-signing-secret-of-the-team' }
let product: Product
let smtp: Awaited<ReturnType<typeof startSmtp>>
let slack: Awaited<ReturnType<typeof startSlack>>

test.beforeAll(async () => {
  test.setTimeout(300_000) // a hook has a limit of its own
  smtp = await startSmtp()
  slack = await startSlack(bot)
  const environment = { EMAIL_SERVER: smtp.url, SLACK_API_URL: slack.apiUrl, SCRIPTED_PACE_MS: '400' }
  product = await startOwnProduct('ci', { port: 3480, build: false, environment })
})
test.afterAll(async () => {
  await product?.stop()
  await smtp?.close()
  await slack?.close()
})

async function connectSlack(page: Page): Promise<void> {
  await page.goto('/settings/integrations')
  const form = page.getByRole('region', { name: 'Slack' })
  await form.getByLabel('Name').fill('Team channel')
  await form.getByLabel('Bot token').fill(bot.token)
  await form.getByLabel('Signing secret').fill(bot.signingSecret)
  await form.getByLabel('Channel ID').fill('C0123456789')
  await form.getByRole('button', { name: 'Connect Slack' }).click()
  const connections = page.getByRole('table', { name: 'Connections to Slack' })
  await expect(connections).toContainText('Bot in C0123456789')
  await connections.getByRole('button', { name: 'Send a test' }).click()
  await expect.poll(() => [...slack.messages.values()].length, { timeout: 30_000 }).toBe(1)
}

/** As the page of the sources does it. */
async function addGithub(request: APIRequestContext, projectId: string): Promise<{ path: string; secret: string }> {
  const answer = await request.post('/api/trpc/signals.addSource', {
    headers: { origin: product.url, 'sec-fetch-site': 'same-origin' },
    data: { json: { projectId, kind: 'github', label: 'Our pipeline' } },
  })
  expect(answer.status(), await answer.text()).toBe(200)
  return (await answer.json()).result.data.json
}

async function deliver(request: APIRequestContext, source: { path: string; secret: string }): Promise<number> {
  const body = JSON.stringify(failure)
  const headers = await githubHeaders(source.secret, 'workflow_run', body)
  return (await request.post(`${product.url}${source.path}`, { headers, data: body })).status()
}

const aboutPipeline = /How do we go on\?/
const askedInSlack = () => [...slack.messages.values()].find(({ body }) => aboutPipeline.test(String(body.text)))

test('a failing pipeline is a signal, a question by e-mail and Slack, an answer from a phone, and every channel knows', async ({
  browser,
}) => {
  const desk = await browser.newContext({ baseURL: product.url })
  const page = await desk.newPage()
  await page.goto(product.setupUrl as string)
  await setUp(page)
  const project = projectPath(page)
  await connectSlack(page)
  const source = await addGithub(page.request, project.split('/').at(-1) as string)
  const requirement = await submitSample(page, project)
  await answerNext(page, requirement)
  await page.goto(`${requirement}?view=list`)
  await expect(
    page
      .getByRole('main')
      .getByText(/Running|Checking|Reviewing|Merging/i)
      .first(),
  ).toBeVisible({ timeout: 60_000 })

  // A forged delivery is refused; the signed one is taken.
  expect(await deliver(page.request, { ...source, secret: 'not-the-secret' })).toBe(401)
  expect(await deliver(page.request, source)).toBe(202)

  await expect
    .poll(() => smtp.mails.filter((mail) => aboutPipeline.test(textOf(mail))).length, { timeout: 60_000 })
    .toBe(1)
  await expect
    .poll(() => askedInSlack() && decidingButtons(askedInSlack()?.body ?? {}).length, { timeout: 60_000 })
    .toBeGreaterThan(1)
  const mail = smtp.mails.find((one) => aboutPipeline.test(textOf(one)))
  if (!mail) throw new Error('no mail')
  expect(headerOf(mail, 'Subject')).toContain('Decide:')
  const link = /http:\/\/localhost:\d+\/d\/\S+/.exec(textOf(mail))?.[0]
  if (!link) throw new Error('no link in the mail')

  // On a phone, without JavaScript and without signing in. A scanner came first: it opened the link and decided nothing.
  await page.request.get(link)
  const phone = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  const small = await phone.newPage()
  await small.goto(link)
  await expect(small.getByRole('heading', { level: 1 })).toContainText(aboutPipeline)
  await small.getByRole('radio', { name: /Go on and ignore it/ }).check()
  await small.getByRole('button', { name: 'Send answer' }).click()
  await expect(small.getByRole('region', { name: 'Answer' })).toContainText('Answered')
  await phone.close()

  // Every channel knows (that the work goes on is held by the same way over the wires, in server/worker): the message in Slack lost its buttons, the notification is settled, no second e-mail came.
  await expect.poll(() => decidingButtons(askedInSlack()?.body ?? {}).length, { timeout: 60_000 }).toBe(0)
  expect(JSON.stringify(askedInSlack()?.body)).toContain('Ana Owner answered: Go on and ignore it')
  await page.goto('/notifications')
  const line = page.getByRole('listitem').filter({ hasText: aboutPipeline })
  await expect(line).toContainText('Ana Owner answered: Go on and ignore it')
  expect(smtp.mails.filter((one) => aboutPipeline.test(textOf(one)))).toHaveLength(1)
})
