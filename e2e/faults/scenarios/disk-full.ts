import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

const FULL_MS = 5_000

export const diskFull: Scenario = {
  fault: '19',
  title: 'disk of a project is full',
  how: `the project's repository lies on a small tmpfs that is filled to the last byte for ${FULL_MS / 1000} s while work goes on`,
  impossible: () =>
    process.getuid?.() === 0 && existsSync('/bin/mount')
      ? null
      : 'mounting a small file system needs root; substitute: fault 38 lets renames fail with ENOSPC',
  async inject(world) {
    const [tenant, other] = [await makeTenant(), await makeTenant()]
    const folder = path.join(world.folder, 'workspaces', tenant.projectId)
    mkdirSync(folder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=755', 'tmpfs', folder])
    const ballast = path.join(folder, '.git', 'ballast')
    try {
      const id = await submit(world, tenant)
      await until('work under way', () =>
        database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }),
      )
      await submit(world, other)
      const { bavail, bsize } = statfsSync(folder)
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize))
      } catch {
        // Somebody was faster with the last bytes: it is full.
      }
      const left = statfsSync(folder).bavail
      await sleep(FULL_MS)
      rmSync(ballast, { force: true })
      const begin = performance.now()
      await converged([tenant, other])
      const failedElsewhere = await database().run.count({
        where: { organizationId: other.organizationId, status: 'failed' },
      })
      return {
        count: 1,
        tenants: [tenant, other],
        convergedMs: performance.now() - begin,
        facts: { 'blocks left': left, "another project's failed runs": failedElsewhere },
        failures: failedElsewhere > 0 ? [`${failedElsewhere} runs of another project failed`] : [],
      }
    } finally {
      execFileSync('umount', ['-l', folder])
    }
  },
}
