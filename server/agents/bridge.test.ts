import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FinishedTry, type RetryNotice, type RunTurnOptions, requestHash, runTurn } from './bridge'
import { ProviderError } from './errors'
import type { Connector, Prompt, TurnEvent, TurnResult, Usage } from './ports'

const prompt: Prompt = { system: 's', transcript: [{ role: 'user', text: 'hello' }], tools: [] }
const context = { model: 'scripted-one', apiKey: 'k', maxOutputTokens: 10 }
const usage: Usage = { input: 1, cacheRead: 0, cacheWrite: 0, output: 2, estimated: false }
const result: TurnResult = {
  connector: 'anthropic',
  model: 'scripted-one',
  text: 'done',
  calls: [],
  stop: 'end',
  content: [],
  usage,
  requestId: null,
  responseId: null,
  scripted: true,
}

/** A connector that fails as told, one failure per try, and then answers. */
function failing(failures: Error[]): Connector {
  const left = [...failures]
  return {
    name: 'anthropic',
    capabilities: () => ['code'],
    listModels: async () => [],
    async execute(_prompt, _context, { onEvent }) {
      const failure = left.shift()
      onEvent({ type: 'text-delta', text: failure ? 'half' : 'done' })
      onEvent({ type: 'usage', usage: { ...usage, estimated: failure !== undefined } })
      if (failure) throw failure
      return result
    },
  }
}

async function run(failures: Error[], more: Partial<RunTurnOptions> = {}) {
  const seen = {
    events: [] as [TurnEvent, number][],
    notices: [] as RetryNotice[],
    before: [] as number[],
    after: [] as FinishedTry[],
    slept: [] as number[],
  }
  const outcome = await runTurn({
    connector: failing(failures),
    prompt,
    context,
    signal: new AbortController().signal,
    onEvent: (event, tryNumber) => seen.events.push([event, tryNumber]),
    onRetry: (notice) => void seen.notices.push(notice),
    beforeTry: (tryNumber) => void seen.before.push(tryNumber),
    afterTry: (tried) => void seen.after.push(tried),
    random: () => 0.5,
    sleep: async (milliseconds) => void seen.slept.push(milliseconds),
    ...more,
  }).catch((error: unknown) => error)
  return { outcome, ...seen }
}

describe('runTurn', () => {
  it('answers at once when nothing fails', async () => {
    const { outcome, notices, before, after } = await run([])
    expect(outcome).toEqual({ result, tries: 1 })
    expect([notices, before, after.length]).toEqual([[], [1], 1])
  })

  it('tries again, tells the log what is void, and settles every try', async () => {
    const cut = new ProviderError('stream-cut', 'cut')
    const limited = new ProviderError('rate-limited', 'later', { retryAfterMs: 5_000 })
    const { outcome, notices, events, before, after, slept } = await run([cut, limited])
    expect(outcome).toEqual({ result, tries: 3 })
    expect(notices.map(({ tryNumber, message }) => [tryNumber, message])).toEqual([
      [1, 'cut'],
      [2, 'later'],
    ])
    expect(slept).toEqual([250, 6_000])
    expect(before).toEqual([1, 2, 3])
    expect(after.map(({ failure, usage: used }) => [failure?.code, used?.estimated])).toEqual([
      ['stream-cut', true],
      ['rate-limited', true],
      [undefined, false],
    ])
    expect(events.filter(([event]) => event.type === 'text-delta').map(([, tryNumber]) => tryNumber)).toEqual([1, 2, 3])
  })

  it.each(['authentication', 'payment', 'context-too-long', 'model-not-found', 'aborted'] as const)(
    'does not try %s again',
    async (failure) => {
      const error = new ProviderError(failure, 'no')
      const { outcome, before } = await run([error])
      expect([outcome, before]).toEqual([error, [1]])
    },
  )

  it('gives a long wait to the caller', async () => {
    const error = new ProviderError('rate-limited', 'tomorrow', { retryAfterMs: 3_600_000 })
    const { outcome, slept } = await run([error])
    expect(slept).toEqual([])
    expect(outcome).toMatchObject({ code: 'rate-limited', retryAfterMs: 3_600_000, cause: error })
    expect((outcome as Error).message).toContain('wait 3600 seconds')
  })

  it('stops after as many tries as the failure is worth', async () => {
    const errors = Array.from({ length: 9 }, () => new ProviderError('server', 'oops'))
    const { outcome, before } = await run(errors)
    expect(outcome).toMatchObject({
      code: 'server',
      message: expect.stringContaining('tried 4 times'),
      cause: errors[3],
    })
    expect(before).toEqual([1, 2, 3, 4])
  })

  it('ends when the budget refuses a try', async () => {
    const refusal = new Error('budget')
    const beforeTry = (tryNumber: number) => {
      if (tryNumber === 2) throw refusal
    }
    const { outcome, after } = await run([new ProviderError('server', 'oops')], { beforeTry })
    expect(outcome).toBe(refusal)
    expect(after).toHaveLength(1)
  })

  it('passes a fault of our own on as it is', async () => {
    const fault = new TypeError('ours')
    expect((await run([fault])).outcome).toBe(fault)
  })

  it('wakes up from a wait when it is stopped', async () => {
    const controller = new AbortController()
    const failure = new ProviderError('rate-limited', 'later', { retryAfterMs: 9_000 })
    const { outcome } = await run([failure], {
      signal: controller.signal,
      sleep: undefined,
      onRetry: () => void setTimeout(() => controller.abort()),
    })
    expect(outcome).toMatchObject({ code: 'aborted' })
  })
})

describe('requestHash', () => {
  it('is the same for the same question, whatever the order of keys', () => {
    const answer = { name: 'plan', schema: { type: 'object', properties: { b: {}, a: {} } } }
    const turned = { schema: { properties: { a: {}, b: {} }, type: 'object' }, name: 'plan' }
    expect(requestHash({ ...prompt, answer }, context)).toBe(requestHash({ ...prompt, answer: turned }, context))
    const elsewhere = { ...context, apiKey: 'other', baseUrl: 'http://127.0.0.1:4', runId: 'r', idleTimeoutMs: 1 }
    expect(requestHash(prompt, elsewhere)).toBe(requestHash(prompt, context))
  })

  it('survives a round through JSON and differs for every other question', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(text, text, (one, other) => {
        const asking = (said: string): Prompt => ({ ...prompt, transcript: [{ role: 'user', text: said }] })
        expect(requestHash(JSON.parse(JSON.stringify(asking(one))), context)).toBe(requestHash(asking(one), context))
        expect(requestHash(asking(one), context) === requestHash(asking(other), context)).toBe(one === other)
      }),
    )
    expect(requestHash(prompt, { ...context, model: 'scripted-two' })).not.toBe(requestHash(prompt, context))
    expect(requestHash(prompt, { ...context, maxOutputTokens: 11 })).not.toBe(requestHash(prompt, context))
  })
})
