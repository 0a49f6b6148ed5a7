import { z } from 'zod'

const task = { ref: z.string(), title: z.string() }

export const taskEvents = {
  'task.started': z.object({ ...task, agent: z.string(), attempt: z.number() }),
  'task.sent-back': z.object({ ...task, reason: z.string(), attempt: z.number() }),
  'task.finished': z.object(task),
  'task.failed': z.object({ ...task, reason: z.string() }),
  /** Somebody missed the deadline of a next move, and what the watchdog did. */
  'actor.overdue': z.object({
    noun: z.enum(['requirement', 'task', 'run', 'merge', 'decision']),
    ref: z.string(),
    actor: z.string(),
    reason: z.string(),
    act: z.string(),
    done: z.string(),
    times: z.number(),
  }),
}
