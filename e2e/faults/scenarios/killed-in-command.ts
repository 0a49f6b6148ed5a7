import { database } from '#server/platform/database/client'
import { descendants } from '../processes'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

const COMMAND = 'echo begun; sleep 97'

export const killedInCommand: Scenario = {
  fault: '2',
  title: 'worker killed in a tool call',
  how: 'a command sleeps in the sandbox; kill -9 of the worker that started it',
  short: true,
  async inject(world) {
    const tenant = await makeTenant()
    const call = { name: 'run_command', input: { command: COMMAND, timeout_seconds: 120 } }
    await world.faults([{ kind: 'answer', purpose: 'implement', calls: [call] }])
    const id = await submit(world, tenant)
    const of = {
      turn: { run: { requirementId: id } },
      name: 'run_command',
      input: { path: ['value', 'command'], equals: COMMAND },
    }
    const begun = await until('the command', () =>
      database().toolCall.findFirst({
        where: { ...of, state: 'running' },
        include: { turn: { include: { run: true } } },
      }),
    )
    const worker = world.workerOf(begun.turn.run.worker)
    if (!worker) throw new Error('the run names no worker of ours')
    await until('the sandbox', async () => descendants(worker.program.pid).some(({ name }) => name === 'sleep'), 20_000)
    const inside = descendants(worker.program.pid)
    const begin = performance.now()
    await worker.program.kill()
    const convergedMs = await converged([tenant]).then(() => performance.now() - begin)
    const calls = await database().toolCall.findMany({ where: of })
    const states = calls.map(({ state }) => state).join(',')
    return {
      count: 1,
      tenants: [tenant],
      convergedMs,
      facts: { 'processes inside': inside.length, 'the call ended': states },
      failures: states === 'unknown' ? [] : [`the command should be told as unknown, once; it is ${states}`],
    }
  },
}
