import { agentEvents } from '#server/agents/events'
import { apiKeyEvents } from '#server/api-keys/events'
import { authEvents } from '#server/auth/events'
import { budgetEvents } from '#server/budgets/events'
import { decisionEvents } from '#server/decisions/events'
import { mergeEvents } from '#server/merges/events'
import { notificationEvents } from '#server/notifications/events'
import { planEvents } from '#server/planner/events'
import { projectEvents } from '#server/projects/events'
import { proofEvents } from '#server/proofs/events'
import { requirementEvents } from '#server/requirements/events'
import { runEvents } from '#server/runs/events'
import { taskEvents } from '#server/scheduler/events'
import { secretEvents } from '#server/secrets/events'
import { signalEvents } from '#server/signals/events'

/** The catalogue: everything that can happen, and what is told of it. Tests hold every stored event against it. */
export const events = {
  ...authEvents,
  ...apiKeyEvents,
  ...projectEvents,
  ...secretEvents,
  ...agentEvents,
  ...budgetEvents,
  ...requirementEvents,
  ...decisionEvents,
  ...runEvents,
  ...planEvents,
  ...proofEvents,
  ...mergeEvents,
  ...taskEvents,
  ...notificationEvents,
  ...signalEvents,
}

export type EventType = keyof typeof events
