import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import type { Topic } from '../model'

const inProject = (projectId: string | null) => ({ OR: [{ projectId: null }, ...(projectId ? [{ projectId }] : [])] })

/** Places in Slack where a topic of a project is posted. */
export function integrationsFor(scope: Scope, projectId: string | null, topic: Topic) {
  return reader().slackIntegration.findMany({
    where: {
      organizationId: scope.organizationId,
      status: 'active',
      topics: { has: topic },
      ...inProject(projectId),
    },
    select: { id: true, name: true, slackChannel: true },
    orderBy: { createdAt: 'asc' },
  })
}

/** Where a bot can write to one person: at most one place, the project's own bot before the organization's. */
export async function slackPeopleOf(
  scope: Scope,
  userId: string,
  projectId: string | null,
): Promise<{ recipient: string; integrationId: string }[]> {
  const { organizationId } = scope
  const people = await reader().slackPerson.findMany({ where: { organizationId, userId } })
  if (people.length === 0) return []
  const bots = await reader().slackIntegration.findMany({
    where: {
      organizationId,
      status: 'active',
      mode: 'bot',
      slackTeamId: { in: people.map((person) => person.slackTeamId) },
      ...inProject(projectId),
    },
    orderBy: [{ projectId: { sort: 'asc', nulls: 'last' } }, { createdAt: 'asc' }],
  })
  const bot = bots[0]
  const person = people.find((one) => one.slackTeamId === bot?.slackTeamId)
  return bot && person ? [{ recipient: person.slackUserId, integrationId: bot.id }] : []
}
