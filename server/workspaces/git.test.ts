import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import {
  advanceMain,
  checkoutClean,
  closeWorktree,
  commitWorktree,
  createWorkspace,
  diffNames,
  diffText,
  history,
  listFiles,
  mainCommit,
  mergeOnto,
  openWorktree,
  readFileAt,
  refreshCheckout,
  requireGit,
  treeHash,
  workspacePath,
  writeRecord,
} from './git'

const data = await mkdtemp(path.join(tmpdir(), 'workspaces-test-'))
setEnvironmentVariable('ORCHESTRATOR_DATA', data)
afterAll(() => rm(data, { recursive: true, force: true }))

let count = 0
let projectId: string
let runId: string
beforeEach(async () => {
  count++
  projectId = `project-${count}`
  runId = `run-${count}`
  await createWorkspace(projectId, 'Tic tac toe')
})

const main = async () => (await mainCommit(projectId)) ?? ''
const open = (id = runId, base?: string) =>
  openWorktree({ projectId, runId: id, ...(base === undefined ? {} : { base }) })
const commit = (base: string, id = runId) =>
  commitWorktree({
    projectId,
    runId: id,
    base,
    message: 'Build it',
    trailers: { Task: 'T-1' },
    author: { name: 'Implementer', email: 'implementer@agents' },
  })
const textAt = async (at: string, file: string) => (await readFileAt(projectId, at, file, { maxBytes: 10_000 }))?.text
const status = () =>
  execFileSync('git', ['-c', `safe.directory=${workspacePath(projectId)}`, 'status', '--porcelain'], {
    cwd: workspacePath(projectId),
    encoding: 'utf8',
  })

/** A run that writes files on a base and commits them. */
async function task(id: string, base: string, files: Record<string, string>): Promise<string> {
  const worktree = await open(id, base)
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(worktree.path, name), text)
  return (await commit(base, id))?.commit ?? ''
}

describe('workspace', () => {
  it('has eight folders, one commit, and survives being made again', async () => {
    const before = await main()
    await createWorkspace(projectId, 'Other name')
    expect(await main()).toBe(before)
    expect(readdirSync(workspacePath(projectId)).filter((name) => !name.startsWith('.'))).toHaveLength(9)
    expect(readFileSync(path.join(workspacePath(projectId), 'decisions/README.md'), 'utf8')).toContain('decided')
    expect(await listFiles(projectId, before, 'tests')).toEqual([
      { path: 'tests/README.md', kind: 'file', bytes: expect.any(Number) },
    ])
    expect(status()).toBe('')
    expect(await requireGit()).toMatch(/^\d+\.\d+/)
    expect(await mainCommit('unknown')).toBeNull()
    await expect(treeHash('unknown', before)).rejects.toMatchObject({ code: 'workspace-missing' })
    expect(() => workspacePath('../x')).toThrow('not an id')
  })
})

describe('worktree', () => {
  it('holds files only, is reused, and becomes one commit', async () => {
    const { path: worktree, base } = await open()
    expect(existsSync(path.join(worktree, '.git'))).toBe(false)
    await writeFile(path.join(worktree, 'implementation/game.js'), 'export {}\n')
    await rm(path.join(worktree, 'signals/README.md'))
    await appendFile(path.join(worktree, 'README.md'), 'more\n')
    expect((await open()).path).toBe(worktree)
    expect(existsSync(path.join(worktree, 'implementation/game.js'))).toBe(true)
    const made = await commit(base)
    expect(made?.files).toEqual([
      { path: 'README.md', status: 'modified' },
      { path: 'implementation/game.js', status: 'added' },
      { path: 'signals/README.md', status: 'deleted' },
    ])
    expect(made?.tree).toBe(await treeHash(projectId, made?.commit ?? ''))
    expect(await diffNames(projectId, base, made?.commit ?? '')).toEqual(made?.files)
    expect(await diffText(projectId, base, made?.commit ?? '', { maxBytes: 10_000 })).toContain('+export {}')
    expect(await diffText(projectId, base, made?.commit ?? '', { maxBytes: 100 })).toMatch(/ends here\n$/)
    await closeWorktree({ projectId, runId })
    expect(existsSync(worktree)).toBe(false)
  })

  it('is null when nothing changed', async () => {
    const { base } = await open()
    expect(await commit(base)).toBeNull()
  })

  it('takes unusual names as they are', async () => {
    const { path: worktree, base } = await open()
    const names = [
      'with space',
      'ünïcode 🙂',
      'new\nline',
      '-leading-dash',
      '*star?',
      ':(top)magic',
      '"quoted"',
      'tab\there',
    ]
    for (const name of names) await writeFile(path.join(worktree, name), name)
    const made = await commit(base)
    expect(made?.files.map((file) => file.path).sort()).toEqual([...names].sort())
    const clean = path.join(data, `clean-${count}`)
    await checkoutClean({ projectId, commit: made?.commit ?? '', directory: clean })
    for (const name of names) expect(readFileSync(path.join(clean, name), 'utf8')).toBe(name)
    expect(await textAt(made?.commit ?? '', '-leading-dash')).toBe('-leading-dash')
    await expect(checkoutClean({ projectId, commit: base, directory: clean })).rejects.toMatchObject({
      code: 'worktree-refused',
    })
  })

  it('refuses what must not enter the repository', async () => {
    const { path: worktree, base } = await open()
    const refuses = async (why: string, name: string) => {
      await expect(commit(base)).rejects.toThrow(why)
      await rm(path.join(worktree, name), { recursive: true })
    }
    await symlink('/etc/passwd', path.join(worktree, 'absolute'))
    await refuses('leads outside', 'absolute')
    await symlink('../../../secret', path.join(worktree, 'tests/climbing'))
    await refuses('leads outside', 'tests/climbing')
    await mkdir(path.join(worktree, 'nested'))
    execFileSync('git', ['init', '--quiet', path.join(worktree, 'nested')])
    await refuses('repository inside', 'nested')
    await writeFile(path.join(worktree, '.git'), 'gitdir: /elsewhere')
    await refuses('repository inside', '.git')
    await writeFile(path.join(worktree, 'large'), '')
    await truncate(path.join(worktree, 'large'), 11 * 1_048_576)
    await refuses('10 MB', 'large')
    execFileSync('mkfifo', [path.join(worktree, 'pipe')])
    await refuses('neither a file', 'pipe')
    const server = net.createServer()
    const socket = path.join(worktree, 's')
    if (socket.length < 100) {
      await new Promise<void>((resolve) => server.listen(socket, resolve))
      await expect(commit(base)).rejects.toThrow('neither a file')
      await new Promise((resolve) => server.close(resolve))
    }
    await symlink('README.md', path.join(worktree, 'fine'))
    await writeFile(path.join(worktree, '.gitignore'), 'node_modules\n')
    await mkdir(path.join(worktree, 'node_modules/x/.git'), { recursive: true })
    expect((await commit(base))?.files.map((file) => file.path)).toEqual(['.gitignore', 'fine'])
  })

  it('never starts a program that the worktree or the project names', async () => {
    const proof = path.join(data, `proof-${count}`)
    const script = path.join(data, `evil-${count}.sh`)
    await writeFile(script, `#!/bin/sh\necho "$0 $*" >> ${proof}\ncat\n`)
    await chmod(script, 0o755)
    const gitDirectory = path.join(workspacePath(projectId), '.git')
    await mkdir(path.join(gitDirectory, 'hooks'), { recursive: true })
    for (const hook of [
      'pre-commit',
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'post-commit',
      'post-merge',
    ])
      await writeFile(path.join(gitDirectory, 'hooks', hook), `#!/bin/sh\n${script} ${hook}\n`, { mode: 0o755 })
    const evil = `[filter "evil"]\n\tclean = ${script}\n\tsmudge = ${script}\n\tprocess = ${script}\n\trequired = true\n[diff "evil"]\n\ttextconv = ${script}\n\tcommand = ${script}\n[merge "evil"]\n\tdriver = ${script} %A\n[core]\n\tfsmonitor = ${script}\n\tpager = ${script}\n\teditor = ${script}\n[alias]\n\tadd = !${script}\n[include]\n\tpath = ${data}/evil.config\n[remote "origin"]\n\turl = https://example.com/x.git\n`
    await appendFile(path.join(gitDirectory, 'config'), evil)
    const { path: worktree, base } = await open()
    await writeFile(path.join(worktree, '.gitattributes'), '* filter=evil diff=evil merge=evil\n')
    await writeFile(path.join(worktree, '.gitconfig'), evil)
    await writeFile(path.join(worktree, 'README.md'), 'task\n')
    const made = (await commit(base))?.commit ?? ''
    await diffText(projectId, base, made, { maxBytes: 10_000 })
    await writeRecord(projectId, [{ path: 'README.md', text: 'main\n' }], 'Record')
    await mergeOnto({ projectId, main: await main(), commit: made, message: 'Merge' })
    expect(await advanceMain({ projectId, from: await main(), to: made })).toBe(true)
    await checkoutClean({ projectId, commit: made, directory: path.join(data, `clean-${count}`) })
    await history(projectId, { limit: 5 })
    expect(existsSync(proof)).toBe(false)
    const config = readFileSync(path.join(gitDirectory, 'config'), 'utf8')
    expect(config).not.toContain(script)
    expect(config).toContain('https://example.com/x.git')
    expect(readFileSync(path.join(gitDirectory, 'config.before-orchestrator'), 'utf8')).toContain(script)
  })
})

describe('main', () => {
  it('takes a task that was built on an older main, as one commit with its author', async () => {
    const base = await main()
    const first = await task(`${runId}-a`, base, { 'implementation/a.js': 'a\n' })
    const second = await task(`${runId}-b`, base, { 'implementation/b.js': 'b\n' })
    expect(await advanceMain({ projectId, from: base, to: first })).toBe(true)
    const merged = await mergeOnto({
      projectId,
      main: first,
      commit: second,
      message: 'Add b',
      trailers: { Run: 'r\nEvil: x' },
    })
    if (!merged.ok) throw new Error('there is no conflict')
    expect(await advanceMain({ projectId, from: first, to: merged.commit })).toBe(true)
    const [newest] = await history(projectId, { limit: 1 })
    expect(newest).toMatchObject({
      subject: 'Add b',
      parents: [first],
      body: 'Run: r Evil: x',
      author: { name: 'Implementer' },
    })
    expect(await textAt(merged.commit, 'implementation/a.js')).toBe('a\n')
    expect(readFileSync(path.join(workspacePath(projectId), 'implementation/b.js'), 'utf8')).toBe('b\n')
    expect(status()).toBe('')
    const again = await mergeOnto({ projectId, main: merged.commit, commit: second, message: 'Add b' })
    expect(again).toEqual({ ok: true, commit: merged.commit, tree: merged.tree })
  })

  it('reports a conflict with every side', async () => {
    const base = await main()
    const first = await task(`${runId}-a`, base, { 'README.md': 'first\n' })
    const second = await task(`${runId}-b`, base, { 'README.md': 'second\n', 'tests/ok.js': 'ok\n' })
    await advanceMain({ projectId, from: base, to: first })
    expect(await mergeOnto({ projectId, main: first, commit: second, message: 'x' })).toEqual({
      ok: false,
      conflicts: [
        { path: 'README.md', base: expect.stringContaining('Tic tac toe'), main: 'first\n', task: 'second\n' },
      ],
    })
  })

  it('does not move when somebody else moved it', async () => {
    const base = await main()
    const first = await task(`${runId}-a`, base, { a: '1' })
    const second = await task(`${runId}-b`, base, { b: '2' })
    const moved = await Promise.all([first, second].map((to) => advanceMain({ projectId, from: base, to })))
    expect(moved.filter(Boolean)).toHaveLength(1)
    expect([first, second]).toContain(await main())
  })

  it("keeps people's edits in the opened workspace, and catches up when they are out of the way", async () => {
    const opened = (name: string) => path.join(workspacePath(projectId), name)
    await writeFile(opened('README.md'), 'my edit\n')
    await writeFile(opened('tests/README.md'), 'my other edit\n')
    const base = await main()
    const next = await task(runId, base, { 'README.md': 'from the task\n', 'implementation/x.js': 'x\n' })
    expect(await advanceMain({ projectId, from: base, to: next })).toBe(true)
    expect(readFileSync(opened('README.md'), 'utf8')).toBe('my edit\n')
    expect((await refreshCheckout(projectId)).behind).toContain('edits of its own')
    execFileSync('git', ['-c', `safe.directory=${workspacePath(projectId)}`, 'show', `${base}:README.md`], {
      cwd: workspacePath(projectId),
    })
    await writeFile(opened('README.md'), (await textAt(base, 'README.md')) ?? '')
    expect(await refreshCheckout(projectId)).toEqual({ behind: null })
    expect(readFileSync(opened('README.md'), 'utf8')).toBe('from the task\n')
    expect(readFileSync(opened('tests/README.md'), 'utf8')).toBe('my other edit\n')
    expect(readFileSync(opened('implementation/x.js'), 'utf8')).toBe('x\n')
    expect(status()).toBe(' M tests/README.md\n')
  })

  it('does not overwrite a file people made that git does not know', async () => {
    const file = path.join(workspacePath(projectId), 'implementation/x.js')
    await writeFile(file, 'precious\n')
    const base = await main()
    await advanceMain({ projectId, from: base, to: await task(runId, base, { 'implementation/x.js': 'x\n' }) })
    expect(readFileSync(file, 'utf8')).toBe('precious\n')
  })
})

describe('records', () => {
  it('loses none when many are written at once', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `decisions/D-${index}.md`)
    await Promise.all(
      names.map((name) => writeRecord(projectId, [{ path: name, text: `# ${name}\n` }], `Record ${name}`)),
    )
    const files = (await listFiles(projectId, await main(), 'decisions')).map((file) => file.path)
    expect(files).toEqual(expect.arrayContaining(names))
    expect(await history(projectId, { limit: 50 })).toHaveLength(13)
    expect(readdirSync(path.join(workspacePath(projectId), 'decisions'))).toHaveLength(13)
    expect(status()).toBe('')
  })

  it('starts over when main moves under it, and writes the same text only once', async () => {
    const base = await main()
    const to = await task(runId, base, { x: '1' })
    const [record] = await Promise.all([
      writeRecord(projectId, [{ path: 'signals/S-1.md', text: 'one\0\n' }], 'Record'),
      advanceMain({ projectId, from: base, to }),
    ])
    expect(await textAt(record, 'signals/S-1.md')).toBe('one\ufffd\n')
    const before = await main()
    expect(await writeRecord(projectId, [{ path: 'signals/S-1.md', text: 'one\0\n' }], 'Record')).toBe(before)
  })

  it.each(['../x', '/x', '.git/config', ''])('refuses the path %j', (given) => {
    return expect(writeRecord(projectId, [{ path: given, text: '' }], 'Record')).rejects.toThrow(
      'not a file of the workspace',
    )
  })
})

it('reads files of a commit with limits', async () => {
  const at = await main()
  expect(await readFileAt(projectId, at, 'README.md', { maxBytes: 5 })).toMatchObject({
    text: '# Tic',
    truncated: true,
    binary: false,
  })
  expect(await readFileAt(projectId, at, 'missing', { maxBytes: 5 })).toBeNull()
  expect(await readFileAt(projectId, at, 'tests', { maxBytes: 5 })).toBeNull()
  await expect(readFileAt(projectId, '--help', 'README.md', { maxBytes: 5 })).rejects.toThrow('not the id of a commit')
})
