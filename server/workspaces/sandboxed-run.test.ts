import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { sandboxRunner } from '#server/sandbox/registry'
import { readFile, writeFile } from './files'
import { checkoutClean, closeWorktree, commitWorktree, createWorkspace, openWorktree } from './git'

const data = await mkdtemp(path.join(tmpdir(), 'sandboxed-run-test-'))
await chmod(data, 0o700)
setEnvironmentVariable('ORCHESTRATOR_DATA', data)
afterAll(() => rm(data, { recursive: true, force: true }))

it('lets server and sandbox work on the same files, commits them, and proves them in a clean checkout', async () => {
  const runner = await sandboxRunner()
  await createWorkspace('project', 'Sums')
  const { path: worktree, base } = await openWorktree({ projectId: 'project', runId: 'run' })
  const run = (command: string, workspace = worktree, writable = true) =>
    runner.run({ workspace, command, writable, timeoutMs: 30_000 })
  await writeFile(worktree, 'implementation/sum.mjs', 'export const sum = (a, b) => a - b\n')
  const test =
    "import t from 'node:test'; import a from 'node:assert'; import { sum } from '../implementation/sum.mjs'; t('sums', () => a.equal(sum(1, 2), 3))"
  await writeFile(worktree, 'tests/sum.test.mjs', test)
  expect((await run('node --test tests/')).exitCode).toBe(1)
  expect(
    (
      await run(
        "sed -i 's/a - b/a + b/' implementation/sum.mjs && mkdir -p made && echo x > made/by-agent && chmod 600 made/by-agent",
      )
    ).exitCode,
  ).toBe(0)
  expect((await readFile(worktree, 'implementation/sum.mjs', { maxBytes: 1_000 })).text).toContain('a + b')
  await writeFile(worktree, 'made/by-server', 'y')
  expect((await run('echo more >> made/by-server && cat made/by-agent made/by-server')).output).toBe('x\nymore\n')
  const made = await commitWorktree({ projectId: 'project', runId: 'run', base, message: 'Sum' })
  expect(made?.files.map((file) => file.path)).toEqual([
    'implementation/sum.mjs',
    'made/by-agent',
    'made/by-server',
    'tests/sum.test.mjs',
  ])
  const clean = path.join(data, 'clean')
  await checkoutClean({ projectId: 'project', commit: made?.commit ?? '', directory: clean })
  expect((await run('node --test tests/', clean, false)).exitCode).toBe(0)
  await run('mkdir -p locked/in && chmod 0 locked/in locked')
  await closeWorktree({ projectId: 'project', runId: 'run' })
})
