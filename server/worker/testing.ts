import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgent } from '#server/agents/commands'
import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { Consumer } from '#server/platform/queue/consumer'
import { Listener } from '#server/platform/queue/listener'
import { JOBS_CHANNEL, queue, stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { startScriptedProvider } from '#server/scripted/server'
import { defaultAgents } from '#server/setup/rules'
import { handlers } from './handlers'

/**
 * The whole engine in one process: real Postgres, real queue, real git, real sandbox, the scripted provider over HTTP.
 * @param plays for live runs: which scripted model plays which model
 */
export async function startEngine(plays?: Readonly<Record<string, string>>) {
  const scripted = await startScriptedProvider({ port: 0, control: true, paceMs: 0 })
  const standIn = plays && (await startStandIn(scripted.url, plays))
  setEnvironmentVariable('SCRIPTED_URL', scripted.url)
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-engine-')))
  await queue({ supervise: true })
  let running = await startWorker('first')
  return {
    scripted,
    /** Ends the worker in the middle of whatever it does and starts another one. */
    async restartWorker(): Promise<void> {
      await running.stop()
      running = await startWorker(randomUUID())
    },
    async stop(): Promise<void> {
      await running.stop()
      await stopQueue()
      await standIn?.close()
      await scripted.close()
    },
  }
}

async function startWorker(name: string) {
  const table = handlers(name)
  const listener = new Listener([JOBS_CHANNEL])
  await listener.start()
  const consumer = new Consumer(
    (job, ...rest) => table[job.name](job, ...rest),
    { quick: 4, long: 6, message: 4 },
    listener,
  )
  await consumer.start()
  return {
    async stop() {
      await consumer.stop(5_000)
      await listener.stop()
    },
  }
}

/** An organization with the product's agents and one scripted project. */
export async function makeProject(planApproval: 'ask' | 'automatic'): Promise<{ scope: Scope; projectId: string }> {
  const organization = await database().organization.create({
    data: { name: 'Acme', slug: `acme-${randomUUID().slice(0, 8)}` },
  })
  const scope = systemScope(organization.id)
  for (const agent of defaultAgents) await createAgent(scope, agent)
  const project = await database().project.create({
    data: {
      organizationId: organization.id,
      name: 'Shop',
      slug: 'shop',
      providerMode: 'scripted',
      planApproval,
    },
  })
  return { scope, projectId: project.id }
}

/** Waits until no worker holds a long job of a requirement: what was cancelled or paused has been let go of. */
export async function untilLetGo(requirementId: string): Promise<void> {
  await until(async () => {
    const [row] = await database().$queryRaw<{ active: number }[]>`
      select count(*)::int as active from pgboss.job
      where name = 'long' and state = 'active' and data ->> 'requirementId' = ${requirementId}`
    return row?.active === 0
  })
}

/**
 * Stands where a real provider would: models of any name, so with prices, are played by the scripted provider. Live
 * runs then use up their budgets of money, and nothing is paid.
 */
async function startStandIn(scriptedUrl: string, plays: Readonly<Record<string, string>>) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { model?: string }
    const key = request.headers['x-api-key'] ?? request.headers.authorization ?? ''
    const answer = await fetch(`${scriptedUrl}${request.url}`, {
      method: request.method,
      headers: { ...forwarded(request.headers), 'x-api-key': String(key) },
      body: JSON.stringify({ ...body, model: plays[body.model ?? ''] ?? body.model }),
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    for await (const chunk of answer.body ?? []) response.write(chunk)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const [vendor, path] of [
    ['ANTHROPIC', '/anthropic'],
    ['OPENAI', '/openai/v1'],
    ['DEEPSEEK', '/compatible/v1'],
  ] as const) {
    setEnvironmentVariable(`${vendor}_API_KEY`, 'a-key-for-the-stand-in')
    setEnvironmentVariable(`${vendor}_BASE_URL`, `${url}${path}`)
  }
  return { close: () => new Promise((resolve) => server.close(resolve)) }
}

/** What of a request the scripted provider reads beside its body. */
function forwarded(headers: IncomingHttpHeaders): Record<string, string> {
  const names = ['content-type', 'anthropic-version', 'anthropic-beta', 'x-orchestrator-run']
  return Object.fromEntries(names.flatMap((name) => (headers[name] ? [[name, String(headers[name])]] : [])))
}
