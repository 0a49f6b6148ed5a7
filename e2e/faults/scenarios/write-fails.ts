import { execFileSync, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

const FAILING_MS = 4_000

function straceWorks(): boolean {
  try {
    execFileSync('strace', ['-o', '/dev/null', '-e', 'trace=rename', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const writeFails: Scenario = {
  fault: '38',
  title: 'writing a file fails (ENOSPC, EIO)',
  how: `strace makes rename, link and fsync of both workers and everything they start fail with ENOSPC or EIO for ${FAILING_MS / 1000} s`,
  impossible: () =>
    straceWorks() ? null : 'strace is not installed or may not trace; substitute: fault 19 fills the disk for real',
  async inject(world) {
    const tenant = await makeTenant()
    const id = await submit(world, tenant)
    await until('work under way', () =>
      database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }),
    )
    const error = world.random.pick(['ENOSPC', 'EIO'] as const)
    const calls = 'rename,renameat,renameat2,link,linkat,fsync,fdatasync'
    const tracers = world.workers.map(({ program }) =>
      spawn(
        'strace',
        [
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-e',
          `trace=${calls}`,
          '-e',
          `inject=${calls}:error=${error}`,
          '-p',
          String(program.pid),
        ],
        {
          stdio: 'ignore',
        },
      ),
    )
    await sleep(FAILING_MS)
    // SIGTERM: strace detaches and leaves its tracees as they are.
    for (const tracer of tracers) tracer.kill('SIGTERM')
    const begin = performance.now()
    await converged([tenant])
    return { count: tracers.length, tenants: [tenant], convergedMs: performance.now() - begin, facts: { error } }
  },
}
