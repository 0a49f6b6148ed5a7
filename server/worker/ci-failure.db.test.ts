import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerByLink, decisionBehindLink } from '#server/decisions/links'
import { connectSlack } from '#server/notifications/commands/slack'
import { inbox } from '#server/notifications/queries/inbox'
import { decidingButtons, headerOf, startSlack, startSmtp, textOf } from '#server/notifications/testing'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { until } from '#server/platform/queue/testing'
import { app } from '#server/rest/app'
import { makeOrganization } from '#server/setup/testing'
import { failure, githubHeaders, makeSource, workInProgress } from '#server/signals/testing'
import { startEngine } from './testing'

const bot = { token: 'xoxb-the-teams-bot', signingSecret: 'the-signing-secret-of-the-team' }
let engine: Awaited<ReturnType<typeof startEngine>>
let smtp: Awaited<ReturnType<typeof startSmtp>>
let slack: Awaited<ReturnType<typeof startSlack>>

beforeAll(async () => {
  smtp = await startSmtp()
  slack = await startSlack(bot)
  setEnvironmentVariable('EMAIL_SERVER', smtp.url)
  setEnvironmentVariable('SLACK_API_URL', slack.apiUrl)
  engine = await startEngine()
})
afterAll(async () => {
  await engine?.stop()
  await Promise.all([smtp?.close(), slack?.close()])
})

const aboutPipeline = /How do we go on\?/
const inSlack = () => [...slack.messages.values()].find(({ body }) => aboutPipeline.test(String(body.text)))

test('GitHub’s failing pipeline: signed delivery → signal → question by e-mail and in Slack → answer by link → work goes on, every channel knows', async () => {
  const acme = await makeOrganization()
  const { admin, member } = acme.people
  await connectSlack(admin.scope, {
    mode: 'bot',
    name: 'Team',
    topics: ['decision_needed'],
    botToken: bot.token,
    signingSecret: bot.signingSecret,
    slackChannel: 'C0123456789',
  })
  const source = await makeSource(acme, 'github')
  await workInProgress(acme)
  const body = JSON.stringify(failure)
  const deliver = async (secret: string) => {
    const request = { method: 'POST', headers: await githubHeaders(secret, 'workflow_run', body), body }
    return (await app.fetch(new Request(`http://localhost:3000${source.path}`, request))).status
  }
  expect(await deliver('not the secret')).toBe(401)
  expect(await deliver(source.secret)).toBe(202)

  const mail = await until(async () => smtp.mails.find((one) => aboutPipeline.test(textOf(one))))
  const asked = await until(async () => inSlack())
  const { organizationId } = acme
  expect(await database().signal.findFirst({ where: { organizationId } })).toMatchObject({ kind: 'quality_issue' })
  expect(mail.to).toEqual([member.email])
  expect(headerOf(mail, 'Subject')).toContain('Decide:')
  expect(decidingButtons(asked.body).length).toBeGreaterThan(1)

  const token = /\/d\/(\S+)/.exec(textOf(mail))?.[1] ?? ''
  const view = await decisionBehindLink(token, null)
  if (view.state !== 'open') throw new Error(`the link is ${view.state}`)
  const decisionId = view.decision?.id ?? ''
  // Looking decided nothing.
  expect((await database().decision.findUniqueOrThrow({ where: { id: decisionId } })).status).toBe('open')
  await answerByLink(token, null, { option: 'ignore', comment: '', pageToken: view.pageToken })

  await until(async () => decidingButtons(inSlack()?.body ?? { blocks: [] }).length === 0)
  expect(JSON.stringify(inSlack()?.body)).toContain('A member answered: Go on and ignore it')
  const { notifications } = await inbox(member.scope, { filter: 'all' })
  const line = notifications.find(({ title }) => aboutPipeline.test(title))
  expect(line).toMatchObject({ settled: true, outcome: 'A member answered: Go on and ignore it' })
  await until(async () => (await database().task.count({ where: { organizationId, pausedAt: { not: null } } })) === 0)
  await until(async () => (await database().signal.findFirst({ where: { organizationId, status: 'closed' } })) !== null)
  expect(smtp.mails.filter((one) => aboutPipeline.test(textOf(one)))).toHaveLength(1)
})
