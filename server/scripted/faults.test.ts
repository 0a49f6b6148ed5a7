import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { block } from '#server/kernel/blocks'
import { checkPlan } from '#server/planner/rules/plan-check'
import type { Fault } from '#server/scripted/faults'
import { foreignTask, rejection, started, statements } from '#server/scripted/testing'

type Started = Awaited<ReturnType<typeof started>>

const planPrompt = [
  '<purpose>plan</purpose>',
  block('requirement', [{ title: 'Words', text: '' }]),
  block('statements', statements),
  block('answers', []),
  block('capabilities', [['code', 'integration', 'analysis']]),
].join('\n')

const fault = (of: { kind: Fault['kind'] } & Record<string, unknown>) => ({ times: 1, ...of }) as Fault

/** The same question on each wire, as a stream read event by event. */
const wires = {
  anthropic: async ({ anthropic }: Started, text: string, signal?: AbortSignal) => {
    const body = {
      model: 'scripted-analyst',
      max_tokens: 64_000,
      messages: [{ role: 'user' as const, content: text }],
      stream: true as const,
    }
    return read(await anthropic.messages.create(body, { signal }))
  },
  openai: async ({ openai }: Started, text: string, signal?: AbortSignal) => {
    const body = { model: 'scripted-analyst', input: text, store: false, stream: true as const }
    return read(await openai.responses.create(body, { signal }))
  },
  compatible: async ({ compatible }: Started, text: string, signal?: AbortSignal) => {
    const body = {
      model: 'scripted-analyst',
      messages: [{ role: 'user' as const, content: text }],
      stream: true as const,
    }
    return read(await compatible.chat.completions.create(body, { signal }))
  },
}
const names = Object.keys(wires) as (keyof typeof wires)[]

async function read(stream: AsyncIterable<unknown>): Promise<string> {
  const events: unknown[] = []
  for await (const event of stream) events.push(event)
  return JSON.stringify(events)
}

const terminal = { anthropic: 'message_stop', openai: 'response.completed', compatible: '"finish_reason":"stop"' }

describe.each(names)('faults on the %s wire', (name) => {
  const ask = wires[name]

  test.each([401, 402, 403, 404, 413, 429, 500, 529])(
    'answers %d once, in the error shape of the wire',
    async (status) => {
      const all = await started()
      all.provider.faults.set([fault({ kind: 'status', status, headers: { 'retry-after': '7' } })])
      const error = (await rejection(ask(all, 'Hello'))) as InstanceType<
        typeof Anthropic.APIError | typeof OpenAI.APIError
      >
      expect(error.status).toBe(status)
      expect(error.message).toContain(`told to answer ${status}`)
      expect(error.headers?.get('retry-after')).toBe('7')
      expect(error.headers?.get('x-scripted')).toBe('1')
      expect(await ask(all, 'Hello')).toContain(terminal[name])
      expect(all.provider.journal().map((entry) => [entry.status, entry.fault])).toEqual([
        [status, 'status'],
        [200, null],
      ])
    },
  )

  test.each(['fin', 'rst'])('cuts the stream with %s after the events asked for', async (how) => {
    const all = await started()
    all.provider.faults.set([fault({ kind: 'cut', afterEvents: 3, how })])
    expect((await rejection(ask(all, 'Hello'))).message).toMatch(/terminated|other side closed|ECONNRESET/)
    expect(all.provider.journal()[0]?.ended).toBe('broken')
  })

  test('stalls until the client gives up', async () => {
    const all = await started()
    all.provider.faults.set([fault({ kind: 'stall', afterEvents: 2 })])
    const controller = new AbortController()
    const answer = ask(all, 'Hello', controller.signal)
    await expect.poll(() => all.provider.journal().length).toBe(1)
    controller.abort()
    await answer.catch(() => undefined)
    await expect.poll(() => all.provider.journal()[0]?.ended).toBe('client-gone')
  })

  test('sends a frame that is no JSON', async () => {
    const all = await started()
    all.provider.faults.set([fault({ kind: 'malformed-frame', afterEvents: 2 })])
    expect(await rejection(ask(all, 'Hello'))).toBeInstanceOf(Error)
  })

  test('ends without the terminal marker', async () => {
    const all = await started()
    all.provider.faults.set([fault({ kind: 'no-terminal' })])
    const events = await ask(all, 'Hello')
    expect(events).toContain('scripted')
    expect(events).not.toContain(terminal[name])
  })

  test('reports an error in the middle', async () => {
    const all = await started()
    all.provider.faults.set([
      fault({ kind: 'stream-error', afterEvents: 3, type: 'overloaded_error', message: 'Overloaded' }),
    ])
    expect(JSON.stringify(await ask(all, 'Hello').catch((error: Error) => error.message))).toContain('Overloaded')
  })

  test('drips slowly and still arrives whole', async () => {
    const all = await started()
    all.provider.faults.set([fault({ kind: 'drip', delayMs: 1 })])
    expect(await ask(all, 'Hello')).toContain(terminal[name])
  })

  test.each<[Fault['kind'], string]>([
    ['unknown-tool', 'launch_rocket'],
    ['refusal', 'I can not help with that.'],
    ['garbage', 'not what was asked'],
  ])('answers with %s', async (kind, words) => {
    const all = await started()
    all.provider.faults.set([fault({ kind })])
    const events = await ask(all, 'Hello')
    expect(wordsIn(events)).toContain(words)
  })

  test('leaves requests alone that it was not meant for', async () => {
    const all = await started()
    all.provider.faults.set([
      fault({ kind: 'status', status: 500, purpose: 'review' }),
      fault({ kind: 'status', status: 500, model: 'scripted-validator' }),
      fault({ kind: 'status', status: 503, purpose: 'plan', wire: name, times: 2 }),
    ])
    expect(await ask(all, 'Hello')).toContain(terminal[name])
    expect(await rejection(ask(all, planPrompt))).toMatchObject({ status: 503 })
    expect(await rejection(ask(all, planPrompt))).toMatchObject({ status: 503 })
    expect(await ask(all, planPrompt)).toContain(terminal[name])
  })
})

/** Text of the deltas, whatever the wire calls them. */
function wordsIn(events: string): string {
  return (JSON.parse(events) as unknown[]).map(deltaText).join('')
}

function deltaText(event: unknown): string {
  const all: string[] = []
  JSON.stringify(event, (key, value: unknown) => {
    if (typeof value === 'string' && ['text', 'delta', 'content', 'name', 'partial_json'].includes(key)) all.push(value)
    return value
  })
  return all.join('')
}

test('a truncated tool call stops with max_tokens', async () => {
  const { provider, anthropic, openai, compatible } = await started()
  const text = foreignTask()
  provider.faults.set([fault({ kind: 'truncated-tool', times: 3 })])
  const messages = [{ role: 'user' as const, content: text }]
  const message = await anthropic.messages
    .stream({ model: 'scripted-implementer', max_tokens: 4_000, messages })
    .finalMessage()
  expect(message.stop_reason).toBe('max_tokens')
  expect(message.content.at(-1)?.type).toBe('tool_use')
  const response = await openai.responses
    .stream({ model: 'scripted-implementer', input: text, store: false })
    .finalResponse()
  expect(response.status).toBe('incomplete')
  const completion = await compatible.chat.completions.create({ model: 'scripted-implementer', messages })
  expect(completion.choices[0]?.finish_reason).toBe('length')
})

test('tool input can be broken, and its path can try to escape', async () => {
  const { provider, compatible } = await started()
  provider.faults.set([fault({ kind: 'invalid-tool-json' }), fault({ kind: 'escape-path' })])
  const body = { model: 'scripted-implementer', messages: [{ role: 'user' as const, content: foreignTask() }] }
  const call = async () => {
    const found = (await compatible.chat.completions.create(body)).choices[0]?.message.tool_calls?.[0]
    return found?.type === 'function' ? found.function.arguments : ''
  }
  const broken = await call()
  expect(() => JSON.parse(broken)).toThrow()
  expect(JSON.parse(await call())).toMatchObject({ path: '../../etc/passwd' })
})

test('a plan can be cyclic, and its repair is sound', async () => {
  const { provider, anthropic } = await started()
  provider.faults.set([fault({ kind: 'cyclic-plan', purpose: 'plan' })])
  const world = { capabilities: ['code', 'integration', 'analysis'] as const, statements }
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: planPrompt }]
  const ask = async () => {
    const message = await anthropic.messages.create({ model: 'scripted-analyst', max_tokens: 20_000, messages })
    return message.content.find((part) => part.type === 'text')?.text ?? ''
  }
  const cyclic = await ask()
  const verdict = checkPlan(cyclic, world)
  expect(verdict.ok ? [] : verdict.problems.map((problem) => problem.code)).toEqual(['cycle'])
  const problems = verdict.ok ? [] : verdict.problems
  messages.push(
    { role: 'assistant', content: cyclic },
    { role: 'user', content: ['<purpose>repair</purpose>', block('problems', problems)].join('\n') },
  )
  expect(checkPlan(await ask(), world)).toMatchObject({ ok: true })
})

test('response.failed resolves with a status, as the real client sees it', async () => {
  const { provider, openai } = await started()
  provider.faults.set([fault({ kind: 'failed', afterEvents: 2, type: 'server_error', message: 'Gone' })])
  const response = await openai.responses
    .stream({ model: 'scripted-analyst', input: 'Hello', store: false })
    .finalResponse()
  expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error', message: 'Gone' } })
})

test('a test can say what to answer, over HTTP', async () => {
  const { url, anthropic } = await started()
  const queue = [{ kind: 'answer', text: 'Said.', calls: [{ name: 'list_files', input: { path: '.' } }] }]
  const set = await fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify({ queue }) })
  expect(await set.json()).toEqual({ waiting: 1 })
  const message = await anthropic.messages.create({
    model: 'scripted-analyst',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'x' }],
  })
  expect(message.content.map((part) => part.type)).toEqual(['text', 'tool_use'])
  const wrong = await fetch(`${url}/__control`, {
    method: 'POST',
    body: JSON.stringify({ queue: [{ kind: 'earthquake' }] }),
  })
  expect(wrong.status).toBe(400)
})
