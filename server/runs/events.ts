import { z } from 'zod'
import { runPurposes, toolInputs } from './model'

const purpose = z.enum(runPurposes)
const attempt = z.number()

export const runEvents = {
  /** `resumed`: laid aside for a question before, and going on with its answer. */
  'run.queued': z.object({ purpose, attempt, agent: z.string().optional(), resumed: z.boolean().optional() }),
  'run.started': z.object({ purpose, attempt, scripted: z.boolean() }),
  /** Laid aside until a time: its provider takes no call before. */
  'run.held': z.object({ reason: z.string(), until: z.string() }),
  'run.asked': z.object({ question: z.string() }),
  /** `answered`: not finished; the answer came before the run was laid aside, so somebody has to look again. */
  'run.finished': z.object({ purpose, attempt: attempt.optional(), answered: z.boolean().optional() }),
  'run.failed': z.object({ purpose, attempt, code: z.string(), message: z.string() }),
  'run.signalled': toolInputs.emit_signal,
}
