/** Presses of buttons in Slack for the specs, carried out by the product's own code on the product's own database. */
import { randomUUID } from 'node:crypto'
import { answerFromSlack } from '../server/notifications/slack/interaction.ts'
import type { startSlack } from '../server/notifications/testing.ts'
import { database } from '../server/platform/database/client.ts'
import { ownerScope } from './decision-rows'

interface Account {
  slackUserId: string
  slackName: string
}

/** The link that Slack shows somebody whom nobody knows yet, after they pressed a button. */
export async function linkSlackShows(slack: Awaited<ReturnType<typeof startSlack>>, who: Account): Promise<string> {
  process.env.SLACK_API_URL = slack.apiUrl
  const { organizationId } = await ownerScope()
  const { teamId, responseUrl } = slack
  const payload = { ...who, teamId, responseUrl, decisionId: randomUUID(), option: 'yes' }
  const { id } = await database().slackInteraction.create({
    data: { organizationId, integrationId: randomUUID(), signature: randomUUID(), payload },
  })
  await answerFromSlack(id)
  const link = /<(http[^|>]+)\|/.exec(String(slack.ephemeral.at(-1)?.text))?.[1]
  if (!link) throw new Error(`Slack showed no link: ${JSON.stringify(slack.ephemeral)}`)
  return link
}

/** The members, by their e-mail, that somebody in Slack answers as. */
export async function slackPeople(slackUserId: string): Promise<string[]> {
  const people = await database().slackPerson.findMany({ where: { slackUserId } })
  const users = await database().user.findMany({ where: { id: { in: people.map(({ userId }) => userId) } } })
  return users.map(({ email }) => email)
}
