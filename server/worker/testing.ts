import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
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
import { startScriptedProvider } from '#server/scripted/server'
import { defaultAgents } from '#server/setup/rules'
import { handlers } from './handlers'

/** The whole engine in one process: real Postgres, real queue, real git, real sandbox, the scripted provider over HTTP. */
export async function startEngine() {
  const scripted = await startScriptedProvider({ port: 0, control: true, paceMs: 0 })
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
      await scripted.close()
    },
  }
}

async function startWorker(name: string) {
  const table = handlers(name)
  const listener = new Listener([JOBS_CHANNEL])
  await listener.start()
  const consumer = new Consumer((job, signal) => table[job.name](job, signal), { quick: 4, long: 6 }, listener)
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

/** Waits for a fact, looking every 50 ms; says what it last saw when the limit is over. */
export async function until<T>(look: () => Promise<T | null | undefined | false>, limitMs = 60_000): Promise<T> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (Date.now() > deadline) throw new Error(`not seen within ${limitMs} ms: ${look}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
