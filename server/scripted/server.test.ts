import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import type { JournalEntry } from '#server/scripted/journal'
import { startScriptedProvider } from '#server/scripted/server'
import { clients, foreignTask, started } from '#server/scripted/testing'

const key = { authorization: 'Bearer scripted' }
const question = {
  model: 'scripted-implementer',
  max_tokens: 1_000,
  stream: true,
  messages: [{ role: 'user', content: foreignTask() }],
}

function post(url: string, body: unknown, headers: Record<string, string> = key): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
}

describe('the scripted provider as a server', () => {
  test.each([
    ['/anthropic/v1/messages', { type: 'error', error: { type: 'authentication_error' } }],
    ['/openai/v1/responses', { error: { code: 'invalid_api_key' } }],
    ['/compatible/v1/chat/completions', { error: { code: 'invalid_api_key' } }],
  ])('%s wants a key and takes it in both headers', async (route, shape) => {
    const { url } = await started()
    const without = await post(url + route, {}, {})
    expect(without.status).toBe(401)
    expect(without.headers.get('x-scripted')).toBe('1')
    expect(await without.json()).toMatchObject(shape)
    expect((await post(url + route, {}, { 'x-api-key': 'scripted' })).status).toBe(400)
    expect((await post(url + route, {})).status).toBe(400)
  })

  test('refuses what is no JSON with 400, no UTF-8 with 400 and unknown routes with 404', async () => {
    const { url } = await started()
    const route = `${url}/anthropic/v1/messages`
    expect((await post(route, '{"model": ')).status).toBe(400)
    expect((await post(route, '"text"')).status).toBe(400)
    const binary = await fetch(route, { method: 'POST', headers: key, body: new Uint8Array([0xff, 0xfe, 0x00]) })
    expect(binary.status).toBe(400)
    expect((await post(`${url}/anthropic/v1/complete`, {})).status).toBe(404)
    expect((await fetch(route, { headers: key })).status).toBe(404)
  })

  test('refuses more than 32 MB with 413', async () => {
    const { url } = await started()
    const status = await new Promise((resolve, reject) => {
      const length = 32 * 1024 * 1024 + 1
      const request = http.request(`${url}/anthropic/v1/messages`, {
        method: 'POST',
        headers: { ...key, 'content-length': length },
      })
      request.on('response', (response) => resolve(response.statusCode))
      request.on('error', reject)
      request.flushHeaders()
    })
    expect(status).toBe(413)
  })

  test('answers the same request with the same bytes, also after a restart', async () => {
    const journal: JournalEntry[] = []
    const bytes: string[] = []
    const ids = new Set<string | null>()
    for (const _round of [1, 2]) {
      const provider = await startScriptedProvider({ journal })
      for (const stream of [true, false]) {
        const response = await post(
          `${provider.url}/anthropic/v1/messages`,
          { ...question, stream },
          { ...key, 'x-orchestrator-run': 'run-1' },
        )
        ids.add(response.headers.get('request-id'))
        bytes.push(await response.text())
      }
      await provider.close()
    }
    expect(bytes[2]).toBe(bytes[0])
    expect(bytes[3]).toBe(bytes[1])
    expect(ids.size).toBe(2)
    expect(journal[2]?.requestHash).toBe(journal[0]?.requestHash)
    expect(journal[0]).toMatchObject({
      wire: 'anthropic',
      runId: 'run-1',
      purpose: 'implement',
      turn: 1,
      status: 200,
      ended: 'complete',
    })
  })

  test('shows and clears its journal, and only where tests may', async () => {
    const { url, provider } = await started()
    await (await post(`${url}/anthropic/v1/messages`, question)).text()
    await expect.poll(() => provider.journal()[0]?.ended).toBe('complete')
    const entries = (await (await fetch(`${url}/__journal`)).json()) as JournalEntry[]
    expect(entries).toHaveLength(1)
    await fetch(`${url}/__journal`, { method: 'DELETE' })
    expect(provider.journal()).toHaveLength(0)
    const closed = await started({ control: false })
    expect((await fetch(`${closed.url}/__journal`)).status).toBe(404)
    expect((await post(`${closed.url}/__control`, { queue: [] })).status).toBe(404)
  })

  test('says so when its port is taken', async () => {
    const { url } = await started()
    await expect(startScriptedProvider({ port: Number(new URL(url).port) })).rejects.toMatchObject({
      code: 'port-taken',
    })
  })
})

const main = path.join(import.meta.dirname, 'main.ts')
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function launched(changes: Record<string, string>): Promise<{ child: ChildProcess; url: string }> {
  const environment = inheritedEnvironment({
    SCRIPTED_PORT: '0',
    LAUNCHER_PID: undefined,
    NODE_OPTIONS: undefined,
    ...changes,
  })
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  if (!child.stdout) throw new Error('no output')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, url: (JSON.parse(line) as { url: string }).url }
}

describe('the scripted provider as a process', () => {
  test('says where it is, answers, and stops at SIGTERM with a stream open', async () => {
    const { child, url } = await launched({ SCRIPTED_PACE_MS: '5000' })
    const stream = await clients(url).anthropic.messages.create({
      model: 'scripted-analyst',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    })
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
    stream.controller.abort()
  })

  test('stops when its launcher is gone', async () => {
    const launcher = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' })
    children.push(launcher)
    const { child } = await launched({ LAUNCHER_PID: String(launcher.pid) })
    const ended = once(child, 'exit')
    const gone = once(launcher, 'exit')
    launcher.kill('SIGKILL')
    await gone
    expect((await ended)[0]).toBe(0)
  })

  test('refuses a setting that makes no sense with one sentence', async () => {
    const environment = inheritedEnvironment({ SCRIPTED_PORT: 'seven', NODE_OPTIONS: undefined })
    const child = spawn(process.execPath, ['--import', 'tsx', main], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.push(child)
    let errors = ''
    child.stderr?.on('data', (chunk) => {
      errors += String(chunk)
    })
    expect((await once(child, 'exit'))[0]).toBe(1)
    expect(errors).toContain('SCRIPTED_PORT is not usable')
  })
})
