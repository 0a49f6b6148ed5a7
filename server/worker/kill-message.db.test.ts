import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { raiseDecision } from '#server/decisions/commands'
import { headerOf, startSmtp } from '#server/notifications/testing'
import { database } from '#server/platform/database/client'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'

let smtp: Awaited<ReturnType<typeof startSmtp>>
let dataDir: string
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  smtp = await startSmtp()
  dataDir = await mkdtemp(join(tmpdir(), 'orchestrator-notify-'))
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await stopQueue()
  await smtp.close()
})

/** A worker as the launcher starts it, in a process of its own. */
function startWorker(): ChildProcess {
  // One message at a time, so that exactly one is on its way when its sender dies.
  const only = { WORKER_MESSAGE_SLOTS: '1', LOG_LEVEL: 'error' }
  const worker = spawn(process.execPath, ['--import', 'tsx', 'server/worker/main.ts'], {
    env: inheritedEnvironment({ EMAIL_SERVER: smtp.url, ORCHESTRATOR_DATA: dataDir, ...only }),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
  return worker
}

function raise({ people, projectId }: TestOrganization, key: string): Promise<{ id: string }> {
  return raiseDecision(people.member.scope, {
    projectId,
    kind: 'agent_question',
    question: 'Which one?',
    why: '',
    options: [{ id: 'a', label: 'A', consequence: '', reversible: true }],
    recommended: 'a',
    recommendedWhy: '',
    dedupeKey: key,
  })
}

test('killed between the server’s acceptance and our mark, a message comes once more under the same Message-ID, and no other does', async () => {
  const acme = await makeOrganization()
  const first = startWorker()
  // The moment after which nobody can know: the server has the message, and its sender dies before it hears of that.
  let killed: string | undefined
  smtp.onAccepted((mail) => {
    if (killed) return
    killed = headerOf(mail, 'Message-ID')
    first.kill('SIGKILL')
  })
  const { id } = await raise(acme, 'killed')
  await until(async () => killed)
  startWorker()
  const lost = await until(() => database().delivery.findFirst({ where: { decisionId: id, status: 'sending' } }))
  // Its claim runs out after a minute; the test does not wait for that.
  await database().delivery.updateMany({ where: { id: lost.id }, data: { claimedAt: new Date(Date.now() - 120_000) } })
  await until(
    async () => (await database().delivery.count({ where: { decisionId: id, status: { not: 'sent' } } })) === 0,
  )

  const again = smtp.mails.filter((mail) => headerOf(mail, 'Message-ID') === killed)
  expect(again).toHaveLength(2)
  const ids = smtp.mails.map((mail) => headerOf(mail, 'Message-ID'))
  expect(ids.filter((one) => one !== killed)).toHaveLength(new Set(ids).size - 1)
  expect(await database().delivery.findUniqueOrThrow({ where: { id: lost.id } })).toMatchObject({ attempts: 2 })
})
