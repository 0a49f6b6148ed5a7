import { z } from 'zod'
import { events } from '#server/events'
import { streamNames } from '#server/kernel/event-names'
import {
  connectSlack,
  linkSlackPerson,
  removeSlack,
  testSlack,
  unlinkSlackPerson,
} from '#server/notifications/commands/slack'
import {
  addEndpoint,
  changeEndpoint,
  disableEndpoint,
  enableEndpoint,
  redeliver,
  removeEndpoint,
  rotateSecret,
  testEndpoint,
} from '#server/notifications/commands/webhooks'
import {
  addEndpointInput,
  changeEndpointInput,
  connectSlackInput,
  linkSlackPersonInput,
} from '#server/notifications/model'
import {
  endpointDeliveries,
  findDelivery,
  findEndpoint,
  listEndpoints,
  listSlack,
  listSlackPeople,
} from '#server/notifications/queries/settings'
import { router } from '../init'
import { permitted } from '../procedures'

const endpoint = z.object({ endpointId: z.uuid() })
const integration = z.object({ integrationId: z.uuid() })
const delivery = z.object({ deliveryId: z.uuid() })

const types = Object.keys(events)
const nounOf = (type: string) => type.slice(0, type.indexOf('.'))

/** What there is instead of a name that is not known: the events of the same noun, or else the nouns. */
function alike(unknown: string): string {
  const same = types.filter((type) => nounOf(type) === nounOf(unknown))
  if (same.length > 0) return `There are: ${same.join(', ')}.`
  return `Names begin with: ${[...new Set(types.map(nounOf))].sort().join(', ')}.`
}

const eventNames = new Set<string>([...streamNames, ...types, '*'])
/** A webhook for a name that nothing is called would never be sent, and nobody would be told why. */
const knownEvents = ({ events: asked }: { events: string[] }, context: z.RefinementCtx) => {
  const unknown = asked.find((name) => !eventNames.has(name))
  if (unknown === undefined) return
  context.addIssue({ code: 'custom', path: ['events'], message: `There is no event “${unknown}”. ${alike(unknown)}` })
}

const webhooksRouter = router({
  list: permitted('integration.read').query(({ ctx }) => listEndpoints(ctx.scope)),
  one: permitted('integration.read')
    .input(endpoint)
    .query(({ ctx, input }) => findEndpoint(ctx.scope, input.endpointId)),
  add: permitted('integration.change')
    .input(addEndpointInput.superRefine(knownEvents))
    .mutation(({ ctx, input }) => addEndpoint(ctx.scope, input)),
  change: permitted('integration.change')
    .input(changeEndpointInput.superRefine(knownEvents))
    .mutation(({ ctx, input }) => changeEndpoint(ctx.scope, input)),
  rotate: permitted('integration.change')
    .input(endpoint)
    .mutation(({ ctx, input }) => rotateSecret(ctx.scope, input.endpointId, new Date())),
  enable: permitted('integration.change')
    .input(endpoint)
    .mutation(({ ctx, input }) => enableEndpoint(ctx.scope, input.endpointId)),
  disable: permitted('integration.change')
    .input(endpoint)
    .mutation(({ ctx, input }) => disableEndpoint(ctx.scope, input.endpointId)),
  remove: permitted('integration.change')
    .input(endpoint)
    .mutation(({ ctx, input }) => removeEndpoint(ctx.scope, input.endpointId)),
  test: permitted('integration.change')
    .input(endpoint)
    .mutation(({ ctx, input }) => testEndpoint(ctx.scope, input.endpointId, new Date())),
  // What servers answered may hold more than viewers should see.
  deliveries: permitted('integration.change')
    .input(endpoint)
    .query(({ ctx, input }) => endpointDeliveries(ctx.scope, input.endpointId)),
  delivery: permitted('integration.change')
    .input(delivery)
    .query(({ ctx, input }) => findDelivery(ctx.scope, input.deliveryId)),
  redeliver: permitted('integration.change')
    .input(delivery)
    .mutation(({ ctx, input }) => redeliver(ctx.scope, input.deliveryId, new Date())),
})

const slackRouter = router({
  list: permitted('integration.read').query(({ ctx }) => listSlack(ctx.scope)),
  people: permitted('integration.read').query(({ ctx }) => listSlackPeople(ctx.scope)),
  connect: permitted('integration.change')
    .input(connectSlackInput)
    .mutation(({ ctx, input }) => connectSlack(ctx.scope, input)),
  remove: permitted('integration.change')
    .input(integration)
    .mutation(({ ctx, input }) => removeSlack(ctx.scope, input.integrationId)),
  test: permitted('integration.change')
    .input(integration)
    .mutation(({ ctx, input }) => testSlack(ctx.scope, input.integrationId, new Date())),
  link: permitted('integration.change')
    .input(linkSlackPersonInput)
    .mutation(({ ctx, input }) => linkSlackPerson(ctx.scope, input)),
  unlink: permitted('integration.change')
    .input(z.object({ personId: z.uuid() }))
    .mutation(({ ctx, input }) => unlinkSlackPerson(ctx.scope, input.personId)),
})

export const integrationsRouter = router({ webhooks: webhooksRouter, slack: slackRouter })
