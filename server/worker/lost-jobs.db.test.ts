import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { until } from '#server/platform/queue/testing'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { watch } from '#server/scheduler/watch'
import { makeProject, startEngine } from './testing'

let engine: Awaited<ReturnType<typeof startEngine>>
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

const lossy = ['advance-requirement', 'execute-run', 'prove-task', 'merge-task', 'verify-requirement']

/** From here on the first job of each of these names disappears from the queue. */
async function loseTheFirst(names: readonly string[]): Promise<void> {
  await database().$executeRaw`create table lost_job (name text primary key)`
  await database().$executeRawUnsafe(`
    create function lose_job() returns trigger language plpgsql as $$
    begin
      insert into public.lost_job values (new.data ->> 'name') on conflict do nothing;
      if found then return null; end if;
      return new;
    end $$`)
  const list = names.map((name) => `'${name}'`).join(', ')
  await database().$executeRawUnsafe(`
    create trigger lose_job before insert on pgboss.job for each row
    when (new.data ->> 'name' in (${list})) execute function lose_job()`)
}

/** As if a minute had gone by for everything that waits; deadlines stay where they are. */
async function minuteLater(): Promise<void> {
  for (const table of ['Requirement', 'Task', 'Run', 'Merge']) {
    await database().$executeRawUnsafe(
      `update "${table}" set "nextSince" = "nextSince" - interval '1 minute' where "nextActor" <> 'nobody'`,
    )
  }
  await database().$executeRaw`update "Event" set at = at - interval '1 minute'`
}

test('jobs of every step get lost once: the periodic look repairs each, tells it, and the requirement ends done', async () => {
  const { scope, projectId } = await makeProject('automatic')
  await loseTheFirst(lossy)
  const text = "# Slugs\n\n- `slugify('Hello World')` returns `'hello-world'`.\n"
  const { id } = await submitRequirement(scope, { projectId, text, source: 'api' })
  const ended = await until(async () => {
    await minuteLater()
    await watch()
    const row = await database().requirement.findUniqueOrThrow({ where: { id } })
    return isClosed(row.status as RequirementStatus) ? row : null
  })
  expect({ status: ended.status, reason: ended.statusReason }).toMatchObject({ status: 'done' })
  const lost = await database().$queryRaw<{ name: string }[]>`select name from lost_job`
  expect(lost.map(({ name }) => name).sort()).toEqual([...lossy].sort())
  const told = await database().event.findMany({ where: { requirementId: id, type: 'actor.overdue' } })
  const acts = told
    .map(({ payload }) => payload as { noun: string; act: string })
    .map(({ noun, act }) => `${noun} ${act}`)
  // Each once: what has its job is left alone, however long it has waited.
  expect(acts.sort()).toEqual([
    'merge enqueue',
    'requirement enqueue',
    'requirement look',
    'run enqueue',
    'task enqueue',
  ])
})
