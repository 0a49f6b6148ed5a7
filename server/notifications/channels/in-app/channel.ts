import type { Channel } from '../../ports'

/**
 * The product's own inbox. Its message is the notification's row, which is written in the transaction of what it tells:
 * nothing has to be sent, and nothing can be lost on the way.
 */
export const inApp: Channel = {
  name: 'in-app',
  label: 'In the product',
  personal: true,
  byDefault: {
    decision_needed: 'all',
    task_failed: 'mine',
    requirement_closed: 'mine',
    signal: 'mine',
    budget: 'all',
    precedent: 'mine',
  },
  changes: true,
  limitMs: 1_000,
  ready: () => true,
  render: ({ message }) => ({ title: message.title, body: message.body }),
  send: async (outgoing) => ({ externalId: outgoing.deliveryId, rendered: inApp.render(outgoing) }),
}
