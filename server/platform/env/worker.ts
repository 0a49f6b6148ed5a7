import { z } from 'zod'
import { environmentFragment } from './read'

const slots = (fallback: number, what: string) =>
  z.coerce.number().int().min(1).max(500).default(fallback).describe(`set it to the ${what}, from 1 to 500`)

/** How much a worker process does at the same time. */
export const workerEnvironment = environmentFragment({
  WORKER_SLOTS: slots(8, 'long jobs (runs, checks, merges) a worker does at once'),
  WORKER_QUICK_SLOTS: slots(4, 'quick jobs (milliseconds of database work) a worker does at once'),
  WORKER_MESSAGE_SLOTS: slots(6, 'messages (mail, Slack, webhooks) a worker sends at once'),
})
