import { setTimeout as sleep } from 'node:timers/promises'
import { database } from '#server/platform/database/client'
import type { JournalEntry } from '#server/scripted/journal'
import type { Injected } from './scenario'
import { converged, makeTenant, submit, type Tenant, until } from './tenant'
import type { World } from './world'

/** Submits one requirement while the scripted provider does these things wrong, and waits until it has ended. */
export async function underFaults(
  world: World,
  queue: object[],
): Promise<Injected & { tenant: Tenant; id: string; journal: JournalEntry[]; faulty: JournalEntry[] }> {
  const tenant = await makeTenant()
  await world.faults(queue)
  const begin = performance.now()
  const id = await submit(world, tenant)
  await converged([tenant])
  const runs = await database().run.findMany({ where: { requirementId: id }, select: { id: true } })
  const journal = (await world.journal()).filter(({ runId }) => runs.some((run) => run.id === runId))
  const faulty = journal.filter(({ fault }) => fault !== null)
  const used = new Set(queue.map((fault) => (fault as { kind: string }).kind)).size
  const met = new Set(faulty.map(({ fault }) => fault)).size
  return {
    count: faulty.length,
    tenants: [tenant],
    convergedMs: performance.now() - begin,
    failures: met < used ? [`only ${met} of ${used} kinds of faults were met`] : [],
    tenant,
    id,
    journal,
    faulty,
  }
}

/** Lets one requirement run with a toxic between the workers and the provider for a while. */
export async function underProviderToxic(
  world: World,
  toxic: object,
  ms: number,
  startedBy: 'plan' | 'implement' = 'implement',
): Promise<Injected & { id: string }> {
  const tenant = await makeTenant()
  const id = await submit(world, tenant)
  const hits = () => world.workers.reduce((sum, { provider }) => sum + provider.hit, 0)
  if (startedBy === 'implement') {
    await until('work under way', () =>
      database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }),
    )
  }
  const before = hits()
  for (const { provider } of world.workers) provider.toxic = { ...toxic }
  const deadline = performance.now() + 20_000
  await sleep(ms)
  while (hits() === before && performance.now() < deadline) await sleep(50)
  const count = hits() - before
  for (const { provider } of world.workers) provider.toxic = {}
  const begin = performance.now()
  await converged([tenant])
  return { count, tenants: [tenant], convergedMs: performance.now() - begin, id }
}

/** Turns of a requirement that are stored as whole answers although the provider had not finished them. */
export async function falseCompletes(id: string, journal: readonly JournalEntry[]): Promise<number> {
  const turns = await database().turn.findMany({ where: { run: { requirementId: id } } })
  return turns.filter(
    (turn) =>
      !journal.some((entry) => entry.runId === turn.runId && entry.turn === turn.number && entry.ended === 'complete'),
  ).length
}
