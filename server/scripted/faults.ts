import { z } from 'zod'
import { connectorNameSchema } from '#server/agents/model'
import { planSchema } from '#server/planner/model'
import type { Frame, Reply, Step, Wire } from '#server/scripted/model'

const scope = {
  /** Only requests with this purpose, model or wire meet the fault; others pass it by. */
  purpose: z.string().optional(),
  model: z.string().optional(),
  wire: connectorNameSchema.optional(),
  /** how many requests meet it */
  times: z.number().int().min(1).max(1_000).default(1),
}
const afterEvents = z.number().int().min(0).default(3)

/** What may go wrong, once. */
const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...scope,
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    /** sent as it is; without it the wire's own error shape */
    body: z.unknown().optional(),
    message: z.string().optional(),
    code: z.string().optional(),
  }),
  z.strictObject({ ...scope, kind: z.literal('cut'), afterEvents, how: z.enum(['fin', 'rst']).default('fin') }),
  z.strictObject({ ...scope, kind: z.literal('stall'), afterEvents }),
  z.strictObject({ ...scope, kind: z.literal('drip'), delayMs: z.number().int().min(0).max(60_000) }),
  z.strictObject({ ...scope, kind: z.literal('malformed-frame'), afterEvents }),
  z.strictObject({ ...scope, kind: z.literal('no-terminal') }),
  z.strictObject({
    ...scope,
    kind: z.enum(['stream-error', 'failed']),
    afterEvents,
    type: z.string().default('overloaded_error'),
    message: z.string().default('Overloaded'),
  }),
  z.strictObject({
    ...scope,
    kind: z.enum([
      'truncated-tool',
      'invalid-tool-json',
      'unknown-tool',
      'escape-path',
      'cyclic-plan',
      'refusal',
      'garbage',
    ]),
  }),
  z.strictObject({
    ...scope,
    /** any other answer a test wants to see */
    kind: z.literal('answer'),
    text: z.string().default(''),
    thinking: z.string().default('[scripted] A test says what to answer.'),
    calls: z.array(z.strictObject({ name: z.string(), input: z.record(z.string(), z.unknown()) })).default([]),
  }),
])
export type Fault = z.infer<typeof faultSchema>

export const controlSchema = z.strictObject({ queue: z.array(faultSchema).max(1_000) })

export interface FaultQueue {
  /** Replaces what is waiting. */
  set(faults: readonly Fault[]): void
  /** The first fault that fits, used up by this. */
  take(request: { purpose: string | null; model: string; wire: string }): Fault | null
}

export function faultQueue(): FaultQueue {
  let waiting: Fault[] = []
  return {
    set(faults) {
      waiting = [...faults]
    },
    take(request) {
      const fits = (fault: Fault): boolean =>
        (fault.purpose ?? request.purpose) === request.purpose &&
        (fault.model ?? request.model) === request.model &&
        (fault.wire ?? request.wire) === request.wire
      const index = waiting.findIndex(fits)
      const fault = waiting[index]
      if (!fault) return null
      if (fault.times > 1) waiting[index] = { ...fault, times: fault.times - 1 }
      else waiting.splice(index, 1)
      return fault
    },
  }
}

/** The answer under a fault. Faults of the transport leave it as it is. */
export function faultyStep(fault: Fault, step: Step): Step {
  const one = (name: string, argumentsText: string): Step => ({
    ...step,
    calls: [{ name, arguments: argumentsText }],
    stop: 'tool_use',
  })
  switch (fault.kind) {
    case 'truncated-tool':
      return truncated(step)
    case 'invalid-tool-json':
      return one('write_file', '{"path": "notes.txt", "content": "no end')
    case 'unknown-tool':
      return one('launch_rocket', '{}')
    case 'escape-path':
      return one('write_file', JSON.stringify({ path: '../../etc/passwd', content: 'scripted' }))
    case 'cyclic-plan':
      return { ...step, text: withCycle(step.text) }
    case 'refusal':
      return { thinking: '', text: 'I can not help with that.', calls: [], stop: 'refusal' }
    case 'garbage':
      return { ...step, text: '{"summary": [[[ not what was asked', calls: [], stop: 'end' }
    case 'answer': {
      const calls = fault.calls.map((call) => ({ name: call.name, arguments: JSON.stringify(call.input) }))
      return { thinking: fault.thinking, text: fault.text, calls, stop: calls.length > 0 ? 'tool_use' : 'end' }
    }
    default:
      return step
  }
}

function truncated(step: Step): Step {
  const whole = step.calls[0] ?? {
    name: 'write_file',
    arguments: JSON.stringify({ path: 'notes.txt', content: 'a long text' }),
  }
  const half = whole.arguments.slice(0, Math.ceil(whole.arguments.length / 2))
  return { ...step, calls: [{ name: whole.name, arguments: half }], stop: 'max_tokens' }
}

/** The first and the last task of a plan wait for each other. */
function withCycle(text: string): string {
  const plan = planSchema.safeParse(safely(text))
  const first = plan.data?.tasks[0]
  if (!plan.success || !first) return text
  const tasks = plan.data.tasks.length > 1 ? plan.data.tasks : [first, { ...first, id: 'T2', dependsOn: [first.id] }]
  const last = tasks.at(-1)?.id ?? first.id
  const circular = tasks.map((task) => {
    if (task.id === first.id) return { ...task, dependsOn: [last] }
    return task.id === last && !task.dependsOn.includes(first.id) ? { ...task, dependsOn: [first.id] } : task
  })
  return JSON.stringify({ ...plan.data, tasks: circular })
}

function safely(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** How an answer goes out. */
export interface Delivery {
  frames: Frame[]
  /** what follows the last frame */
  end: 'complete' | 'fin' | 'rst' | 'stall'
  /** milliseconds before every event; null: the server's own pace */
  delayMs: number | null
}

export function delivery(wire: Wire, reply: Reply, fault: Fault | null): Delivery {
  const frames = wire.frames(reply)
  const whole: Delivery = { frames, end: 'complete', delayMs: null }
  switch (fault?.kind) {
    case 'cut':
      return { ...whole, frames: frames.slice(0, fault.afterEvents), end: fault.how }
    case 'stall':
      return { ...whole, frames: frames.slice(0, fault.afterEvents), end: 'stall' }
    case 'drip':
      return { ...whole, delayMs: fault.delayMs }
    case 'malformed-frame': {
      const broken: Frame = { event: frames[fault.afterEvents]?.event, data: '{"type": "broken", ' }
      return { ...whole, frames: frames.toSpliced(fault.afterEvents, 0, broken) }
    }
    case 'no-terminal':
      return { ...whole, frames: frames.filter((frame) => !frame.terminal) }
    case 'stream-error':
    case 'failed': {
      const { type, message, afterEvents: after } = fault
      const error = wire.streamError(reply, { type, message, after, failed: fault.kind === 'failed' })
      return { ...whole, frames: [...frames.slice(0, after), ...error] }
    }
    default:
      return whole
  }
}
