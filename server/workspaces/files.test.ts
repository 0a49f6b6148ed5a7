import { execFileSync, spawn } from 'node:child_process'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm, stat, symlink, writeFile as write } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteFile, listFolder, readFile, replaceInFile, searchFiles, writeFile } from './files'

let root: string
let worktree: string
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'files-test-'))
  worktree = path.join(root, 'worktree')
  await mkdir(path.join(worktree, 'src'), { recursive: true })
  await write(path.join(root, 'secret.txt'), 'SECRET')
})
afterEach(() => rm(root, { recursive: true, force: true }))

const text = async (file: string) => (await readFile(worktree, file, { maxBytes: 10_000 })).text
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('files', () => {
  it('writes, reads, lists and deletes', async () => {
    expect(await writeFile(worktree, 'a/b/ünï 🙂 -x.txt', 'hello')).toEqual({ bytes: 5, created: true })
    expect(await writeFile(worktree, 'a/b/ünï 🙂 -x.txt', 'again')).toEqual({ bytes: 5, created: false })
    expect(await text('a/b/ünï 🙂 -x.txt')).toBe('again')
    expect((await listFolder(worktree, 'a/b')).entries).toEqual([{ path: 'a/b/ünï 🙂 -x.txt', kind: 'file', bytes: 5 }])
    expect((await listFolder(worktree, '')).entries.map((entry) => entry.kind)).toEqual(['folder', 'folder'])
    expect((await listFolder(worktree, '.', { limit: 1 })).more).toBe(true)
    await deleteFile(worktree, 'a/b/ünï 🙂 -x.txt')
    await expect(text('a/b/ünï 🙂 -x.txt')).rejects.toEqual(code('file-missing'))
  })

  it('keeps the executable bit and never leaves a half-written file', async () => {
    await write(path.join(worktree, 'run.sh'), 'old', { mode: 0o755 })
    await writeFile(worktree, 'run.sh', 'new')
    expect((await stat(path.join(worktree, 'run.sh'))).mode & 0o111).toBe(0o111)
    expect((await listFolder(worktree, '')).entries.map((entry) => entry.path)).toEqual(['src', 'run.sh'])
  })

  it('cuts long files and recognises binary ones', async () => {
    await write(path.join(worktree, 'long'), 'x'.repeat(1_000))
    expect(await readFile(worktree, 'long', { maxBytes: 10 })).toEqual({
      text: 'x'.repeat(10),
      bytes: 1_000,
      binary: false,
      truncated: true,
    })
    await write(path.join(worktree, 'binary'), Buffer.from([1, 0, 2]))
    expect(await readFile(worktree, 'binary', { maxBytes: 10 })).toMatchObject({ binary: true, text: '' })
  })

  it('replaces a passage only when it is meant without doubt', async () => {
    await writeFile(worktree, 'a.ts', 'one two one $& two')
    await expect(replaceInFile(worktree, 'a.ts', { search: 'one', replace: 'x' })).rejects.toThrow('occurs 2 times')
    await expect(replaceInFile(worktree, 'a.ts', { search: 'three', replace: 'x' })).rejects.toThrow('does not occur')
    await expect(replaceInFile(worktree, 'a.ts', { search: '', replace: 'x' })).rejects.toEqual(code('patch-refused'))
    expect(await replaceInFile(worktree, 'a.ts', { search: 'one', replace: '$1', all: true })).toEqual({ replaced: 2 })
    expect(await text('a.ts')).toBe('$1 two $1 $& two')
  })

  it('searches literally, within globs and limits', async () => {
    await writeFile(worktree, 'src/a.ts', 'let a.b = 1\nlet axb = 2\nA.B')
    await writeFile(worktree, 'node_modules/x/a.ts', 'a.b')
    await symlink(root, path.join(worktree, 'out'))
    expect((await searchFiles(worktree, { text: 'a.b' })).hits).toEqual([
      { path: 'src/a.ts', line: 1, text: 'let a.b = 1' },
    ])
    expect((await searchFiles(worktree, { text: 'a.b', ignoreCase: true })).hits).toHaveLength(2)
    expect((await searchFiles(worktree, { text: 'a.b', globs: ['*.md'] })).hits).toHaveLength(0)
    expect(await searchFiles(worktree, { text: 'a', ignoreCase: true, limit: 1 })).toMatchObject({ more: true })
    expect((await searchFiles(worktree, { text: 'SECRET' })).hits).toHaveLength(0)
  })
})

describe('hostile worktree', () => {
  it('follows no link, as a file or on the way', async () => {
    await symlink('../secret.txt', path.join(worktree, 'link'))
    await symlink('..', path.join(worktree, 'up'))
    await expect(text('link')).rejects.toEqual(code('file-refused'))
    await expect(text('up/secret.txt')).rejects.toEqual(code('file-refused'))
    await expect(writeFile(worktree, 'up/new.txt', 'x')).rejects.toEqual(code('file-refused'))
    await expect(listFolder(worktree, 'up')).rejects.toEqual(code('file-refused'))
    expect(existsSync(path.join(root, 'new.txt'))).toBe(false)
  })

  it('replaces a link instead of writing through it, and deletes the link only', async () => {
    await symlink('../secret.txt', path.join(worktree, 'link'))
    await symlink('../secret.txt', path.join(worktree, 'other'))
    await writeFile(worktree, 'link', 'mine')
    await deleteFile(worktree, 'other')
    expect(lstatSync(path.join(worktree, 'link')).isFile()).toBe(true)
    expect(readFileSync(path.join(root, 'secret.txt'), 'utf8')).toBe('SECRET')
  })

  it('does not hang on a pipe and refuses folders', async () => {
    execFileSync('mkfifo', [path.join(worktree, 'pipe')])
    await expect(text('pipe')).rejects.toEqual(code('file-refused'))
    await expect(text('src')).rejects.toEqual(code('file-refused'))
    await expect(writeFile(worktree, 'src', 'x')).rejects.toEqual(code('file-refused'))
  })

  it.each(['../secret.txt', '/etc/passwd', '.git/config', 'a\0b', ''])('refuses the path %j', async (given) => {
    await expect(text(given)).rejects.toMatchObject({ kind: 'invalid' })
    await expect(writeFile(worktree, given, 'x')).rejects.toMatchObject({ kind: 'invalid' })
  })

  it('reads nothing outside while a folder is swapped for a link all the time', async () => {
    await mkdir(path.join(root, 'outside'))
    await write(path.join(root, 'outside/file.txt'), 'SECRET')
    await mkdir(path.join(worktree, 'real'))
    await write(path.join(worktree, 'real/file.txt'), 'fine')
    // It rests for a moment with the folder in place, so that honest reads succeed on a machine of any speed.
    const swapper = spawn(
      process.execPath,
      [
        '-e',
        `const fs=require('fs');const rest=new Int32Array(new SharedArrayBuffer(4));fs.symlinkSync('../outside','evil');console.log('go');for(let turn=1;;turn++){fs.renameSync('real','kept');fs.renameSync('evil','real');fs.renameSync('real','evil');fs.renameSync('kept','real');if(turn%200===0)Atomics.wait(rest,0,0,2)}`,
      ],
      { cwd: worktree, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    await new Promise((resolve) => swapper.stdout.once('data', resolve))
    let fine = 0
    let refused = 0
    for (let index = 0; index < 1_500 || fine === 0 || refused === 0; index++) {
      const found = await text('real/file.txt').catch(() => 'refused')
      expect(found).not.toBe('SECRET')
      if (found === 'fine') fine++
      else refused++
      if (index % 10 === 0) await writeFile(worktree, 'real/written.txt', 'x').catch(() => null)
    }
    swapper.kill('SIGKILL')
    expect(existsSync(path.join(root, 'outside/written.txt'))).toBe(false)
  })

  it.runIf(process.getuid?.() === 0)('gives what the server writes to the owner of the worktree', async () => {
    await chown(worktree, 12_345, 12_345)
    await writeFile(worktree, 'new/folder/a.txt', 'x')
    for (const name of ['new', 'new/folder', 'new/folder/a.txt'])
      expect(lstatSync(path.join(worktree, name)).uid).toBe(12_345)
  })
})
