import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProviderFailure } from '#server/agents/errors'
import { call, failureOfCall } from './__fixtures__/call'
import { type FaultServer, failure, openStream, startFaultServer, stream } from './__fixtures__/fault-server'
import { wires } from './__fixtures__/wire-frames'

const statuses: [status: number, type: string, words: string, expected: ProviderFailure, retryable: boolean][] = [
  [400, 'invalid_request_error', 'unknown field', 'invalid-request', false],
  [400, 'context_length_exceeded', 'prompt is too long: 210000 tokens > 200000 maximum', 'context-too-long', false],
  [401, 'authentication_error', 'invalid key secret-key-1', 'authentication', false],
  [402, 'billing_error', 'Insufficient Balance', 'payment', false],
  [403, 'permission_error', 'not for this key', 'permission', false],
  [404, 'not_found_error', 'no such model', 'model-not-found', false],
  [413, 'request_too_large', 'too many bytes', 'context-too-long', false],
  [429, 'rate_limit_error', 'slow down', 'rate-limited', true],
  [429, 'insufficient_quota', 'You exceeded your current quota', 'payment', false],
  [500, 'api_error', 'oops', 'server', true],
  [503, 'api_error', 'oops', 'server', true],
  [529, 'overloaded_error', 'busy', 'overloaded', true],
]

describe.each(wires)(
  '$connector',
  ({ connector, basePath, frames, errorFrame, errorBody, misshapenFrame, heartbeat }) => {
    let server: FaultServer
    let target: { connector: typeof connector; baseUrl: string }
    const calls = [{ id: 'call_a', name: 'read_file', argumentsText: '{"path":"a","lines":1}' }]
    const whole = frames({ thinking: 'hm', text: 'I look.', calls, stop: 'tool_use' })
    beforeAll(async () => {
      server = await startFaultServer()
      target = { connector, baseUrl: server.url + basePath }
    })
    afterAll(() => server.close())

    it.each(statuses)('answers %i %s as what it is', async (status, type, words, expected, retryable) => {
      server.answerWith(failure(status, errorBody(type, words), { 'retry-after': '7' }))
      const before = server.requests.length
      const error = await failureOfCall(target)
      expect(error).toMatchObject({ code: expected, status, retryable, requestId: 'req_1', retryAfterMs: 7000 })
      expect(error.message).toMatch(new RegExp(`^The provider answered ${status}: `))
      expect(error.message).not.toContain('secret-key-1')
      expect(server.requests.length - before, 'the SDK did not retry by itself').toBe(1)
      expect(error.events, 'nothing was charged').toEqual([])
    })

    it('says what to do about a refused key', async () => {
      server.answerWith(failure(401, errorBody('authentication_error', 'invalid key')))
      expect((await failureOfCall(target)).message).toBe(
        'The provider answered 401: the key is not accepted. Runs of this agent stop until an admin replaces the key under Settings → Provider keys.',
      )
    })

    it('does not follow a redirect', async () => {
      server.answerWith(failure(302, {}, { location: 'http://127.0.0.1:1/' }))
      expect(await failureOfCall(target)).toMatchObject({ code: 'invalid-request', status: 302 })
    })

    it('recognises an error in the middle of a stream', async () => {
      server.answerWith(stream([...whole.slice(0, 3), errorFrame('overloaded_error', 'Overloaded')]))
      const error = await failureOfCall(target)
      expect(error).toMatchObject({ code: 'overloaded', retryable: true })
      expect(error.message).toMatch(/^The provider broke off its answer: /)
    })

    it.each(['FIN', 'RST', 'clean end'] as const)(
      'never takes a part for a turn: %s after every event',
      async (kind) => {
        for (let sent = 0; sent < whole.length; sent += 1) {
          server.answerWith(async (response) => {
            openStream(response)
            for (const frame of whole.slice(0, sent)) response.write(frame)
            await wait(1) // lets the bytes leave before the connection breaks
            if (kind === 'clean end') response.end()
            else if (kind === 'FIN') response.socket?.end()
            else response.socket?.resetAndDestroy()
          })
          const error = await failureOfCall(target)
          expect(error.code, `after ${sent} of ${whole.length} events`).toBe('stream-cut')
          expect(error.events.some(({ type }) => type === 'turn-end')).toBe(false)
        }
        server.answerWith(stream(whole))
        expect((await call(target)).result.stop).toBe('tool_use')
      },
    )

    it('estimates what a broken stream cost', async () => {
      server.answerWith(stream(whole.slice(0, -2)))
      const { events } = await failureOfCall(target)
      const usage = events.find((event) => event.type === 'usage')?.usage
      expect(usage).toMatchObject({ estimated: true })
      expect(usage?.input).toBeGreaterThan(0)
      expect(usage?.output).toBeGreaterThan(0)
    })

    it('gives up a stream that stalls, before and after its first event', async () => {
      for (const sent of [0, 3]) {
        const { closed } = server.answerWith((response) => {
          openStream(response)
          for (const frame of whole.slice(0, sent)) response.write(frame)
        })
        const error = await failureOfCall({ ...target, context: { idleTimeoutMs: 100 } })
        expect(error).toMatchObject({ code: 'idle', retryable: true })
        await closed
      }
    })

    it('gives up a server that never answers', async () => {
      server.answerWith(() => {})
      expect(await failureOfCall({ ...target, context: { idleTimeoutMs: 100 } })).toMatchObject({ code: 'idle' })
    })

    it('ends endless heartbeats at the deadline', async () => {
      const { closed } = server.answerWith((response) => {
        openStream(response)
        const timer = setInterval(() => response.write(heartbeat), 10)
        response.on('close', () => clearInterval(timer))
      })
      const error = await failureOfCall({ ...target, context: { idleTimeoutMs: 2_000, totalTimeoutMs: 300 } })
      expect(error.code).toBe('deadline')
      await closed
    })

    it('gives up a server that only sends comments', async () => {
      const { closed } = server.answerWith((response) => {
        openStream(response)
        const timer = setInterval(() => response.write(': still here\n\n'), 10)
        response.on('close', () => clearInterval(timer))
      })
      const error = await failureOfCall({ ...target, context: { idleTimeoutMs: 100, totalTimeoutMs: 20_000 } })
      expect(error).toMatchObject({ code: 'idle', retryable: true })
      await closed
    })

    it.each([
      ['no JSON', 'event: message_start\ndata: {"type":\n\n'],
      ['JSON of another shape', misshapenFrame],
    ])('refuses a frame that is %s', async (_what, frame) => {
      server.answerWith(stream([...whole.slice(0, 2), frame, ...whole.slice(2)]))
      expect(await failureOfCall(target)).toMatchObject({ code: 'malformed-response', retryable: true })
    })

    it('stops reading a frame of 50 MB after its first megabyte', async () => {
      let written = 0
      const { closed } = server.answerWith(async (response) => {
        openStream(response)
        response.write('data: "')
        const piece = 'x'.repeat(64 * 1024)
        while (written < 50 * 1024 * 1024 && !response.destroyed) {
          written += piece.length
          if (!response.write(piece)) await Promise.race([new Promise((go) => response.once('drain', go)), closed])
        }
      })
      const error = await failureOfCall(target)
      expect(error).toMatchObject({ code: 'malformed-response' })
      expect(error.message).toContain('larger than 1048576 bytes')
      await closed
      expect(written).toBeLessThan(20 * 1024 * 1024)
    })

    it('lets go within a second when it is aborted in the middle', async () => {
      const { closed } = server.answerWith((response) => {
        openStream(response)
        for (const frame of whole.slice(0, 4)) response.write(frame)
      })
      const controller = new AbortController()
      let abortedAt = 0
      const error = await failureOfCall({
        ...target,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type !== 'turn-start') return
          abortedAt = performance.now()
          controller.abort()
        },
      })
      expect(error).toMatchObject({ code: 'aborted', retryable: false })
      expect(performance.now() - abortedAt).toBeLessThan(1_000)
      await closed
    })

    it('does not call at all when it is aborted before', async () => {
      const before = server.requests.length
      expect(await failureOfCall({ ...target, signal: AbortSignal.abort() })).toMatchObject({ code: 'aborted' })
      expect(server.requests.length).toBe(before)
    })

    it('says when nobody listens, and why', async () => {
      const gone = await startFaultServer()
      await gone.close()
      const error = await failureOfCall({ connector, baseUrl: gone.url + basePath })
      expect(error).toMatchObject({ code: 'connection', status: null, retryable: true })
      expect(error.message).toContain('ECONNREFUSED')
    })
  },
)
