import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makePerson, makeTenant, post, submit, until } from '../tenant'

const PEOPLE = 50

export const decidedByFifty: Scenario = {
  fault: '24',
  title: `${PEOPLE} people decide at once`,
  how: `${PEOPLE} people answer one decision at the same moment over two web servers, half with the one option, half with another`,
  short: true,
  async inject(world) {
    const tenant = await makeTenant('ask')
    const id = await submit(world, tenant)
    const people = await Promise.all(Array.from({ length: PEOPLE }, () => makePerson(tenant.organizationId)))
    const decision = await until('the question', () =>
      database().decision.findFirst({ where: { requirementId: id, kind: 'plan_approval', status: 'open' } }),
    )
    const begin = performance.now()
    const addresses = [await world.webAddress(0), await world.webAddress(1)]
    const answers = await Promise.all(
      people.map(async ({ token, name }, index) => {
        const body = { decisionId: decision.id, option: index % 4 < 2 ? 'approve' : 'revise', comment: name }
        const response = await post(addresses[index % 2] as string, '/api/decisions', token, body)
        return { status: response.status, text: await response.text(), name }
      }),
    )
    const winners = answers.filter(({ status }) => status === 200)
    const others = answers.filter(({ status }) => status === 409)
    const winner = winners[0]?.name ?? ''
    const naming = others.filter(({ text }) => text.includes(winner)).length
    await converged([tenant])
    const stored = await database().decision.findUniqueOrThrow({ where: { id: decision.id } })
    return {
      count: PEOPLE,
      tenants: [tenant],
      convergedMs: performance.now() - begin,
      facts: { winners: winners.length, 'told who was first': naming },
      failures: [
        ...(winners.length === 1
          ? []
          : [`${winners.length} people won; the first answer: ${answers[0]?.status} ${answers[0]?.text}`]),
        ...(others.length === PEOPLE - 1 ? [] : [`only ${others.length} were told 409`]),
        ...(naming === others.length ? [] : [`${others.length - naming} were not told who was first`]),
        ...(stored.comment === winner ? [] : ['the stored answer is not the winner’s']),
      ],
    }
  },
}
