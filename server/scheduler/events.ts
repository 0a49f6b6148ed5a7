import { z } from 'zod'

const task = { ref: z.string(), title: z.string() }

export const taskEvents = {
  'task.started': z.object({ ...task, agent: z.string(), attempt: z.number() }),
  'task.sent-back': z.object({ ...task, reason: z.string(), attempt: z.number() }),
  'task.finished': z.object(task),
  'task.failed': z.object({ ...task, reason: z.string() }),
}
