import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SandboxCommand, SandboxRunner, SandboxRunOptions } from '#server/sandbox/ports'
import { bubblewrapCandidate } from './runner'

let runner: SandboxRunner
let root: string
let workspace: string

beforeAll(async () => {
  const candidate = await bubblewrapCandidate()
  if (typeof candidate === 'string')
    throw new Error(`These tests need bubblewrap (apt-get install bubblewrap): ${candidate}`)
  runner = candidate.runner
  root = await mkdtemp(path.join(tmpdir(), 'bubblewrap-test-'))
  // As a data directory under /root would be: nobody else may walk through it.
  await chmod(root, 0o700)
})
afterAll(() => rm(root, { recursive: true, force: true }))
beforeEach(async () => {
  workspace = await mkdtemp(path.join(root, 'workspace-'))
})

function run(command: string, settings: Partial<SandboxCommand> = {}, options: SandboxRunOptions = {}) {
  return runner.run({ workspace, command, writable: true, timeoutMs: 30_000, ...settings }, options)
}

/** Processes of the host whose command line contains a marker. */
function survivors(marker: string): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(marker)
    } catch {
      return false
    }
  }).length
}

const marker = () => `marker${randomBytes(8).toString('hex')}`
/** A daemon that ignores polite signals, in a session of its own. */
const daemon = (name: string) => `setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done; : ${name}' & `

describe('ways out', () => {
  it('shows no file of the host', async () => {
    const { output } = await run('cat /etc/shadow; cat /root/.bashrc; ls /home /var /srv /mnt; cat /etc/hostname')
    expect(output).not.toMatch(/root:|alias/)
    expect(output.match(/No such file or directory|cannot access/g)?.length).toBeGreaterThanOrEqual(5)
  })

  it("reaches another project's folder neither by path nor by link", async () => {
    const other = path.join(root, 'other')
    await mkdir(other, { recursive: true })
    await writeFile(path.join(other, 'plan.txt'), 'PRIVATE PLAN')
    await symlink(other, path.join(workspace, 'by-path'))
    await symlink('../other', path.join(workspace, 'by-step'))
    const { output } = await run(`cat ${other}/plan.txt by-path/plan.txt by-step/plan.txt; echo x > by-path/new; ls ..`)
    expect(output).not.toContain('PRIVATE PLAN')
    expect(existsSync(path.join(other, 'new'))).toBe(false)
  })

  it('knows nothing of the environment of the server', async () => {
    const { output } = await run('env; cat /proc/[0-9]*/environ; cat /proc/[0-9]*/cmdline | tr "\\0" " "')
    expect(output).not.toMatch(/VITEST|NODE_ENV/)
    expect(output).not.toContain(root)
  })

  it('has no network: no loopback port of the host, no names', async () => {
    const server = net.createServer((socket) => socket.end('reached'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const { output } = await run(
      `node -e 'require("net").connect(${port},"127.0.0.1").on("error",(e)=>console.log("tcp",e.code)).on("data",(d)=>console.log(String(d)));require("dns").lookup("example.com",(e)=>console.log("dns",e.code))'`,
    )
    server.close()
    expect(output).toContain('tcp ECONNREFUSED')
    expect(output).toMatch(/dns (EAI_AGAIN|ENOTFOUND)/)
    expect(output).not.toContain('reached')
  })

  it('refuses new namespaces, mounts, and writing outside the workspace', async () => {
    const { output } = await run(
      'unshare -U true; unshare -r true; mount -t tmpfs none /tmp; chroot / true; for f in /x /etc/x /usr/x /dev/x /proc/sys/kernel/hostname; do echo x > $f && echo WROTE $f; done; grep -E "^(Seccomp|NoNewPrivs|CapEff):" /proc/self/status',
    )
    expect(output).not.toContain('WROTE')
    expect(output).toMatch(/unshare failed: Operation not permitted/)
    expect(output).toMatch(/CapEff:\s+0000000000000000\s+NoNewPrivs:\s+1\s+Seccomp:\s+2/)
  })

  it('refuses the sockets and calls that namespaces do not cover', async () => {
    const probe = await run(
      `python3 -c 'import socket,ctypes,errno\ntry:\n socket.socket(40,1); print("VSOCK OPEN")\nexcept OSError as e: print("vsock",errno.errorcode[e.errno])\nlibc=ctypes.CDLL(None,use_errno=True)\nn={"x86_64":(250,425),"aarch64":(219,425)}[__import__("platform").machine()]\nfor c in n:\n r=libc.syscall(c,0,0,0,0,0); print("call",r,errno.errorcode.get(ctypes.get_errno()))' || perl -e 'socket(my $s,40,1,0) ? print "VSOCK OPEN" : print "vsock EAFNOSUPPORT call -1 EPERM call -1 EPERM"'`,
    )
    expect(probe.output).toContain('vsock EAFNOSUPPORT')
    expect(probe.output.match(/call -1 EPERM/g)).toHaveLength(2)
  })

  it('stops a fork bomb at its own limit', async () => {
    const { output } = await run('i=0; while [ $i -lt 400 ]; do sleep 20 & i=$((i+1)); done; echo started all', {
      timeoutMs: 15_000,
    })
    expect(output).not.toContain('started all')
  })
})

describe('workspace', () => {
  it('keeps what a command wrote, and lets the server read it', async () => {
    await writeFile(path.join(workspace, 'given.txt'), 'from the server')
    const result = await run('cat given.txt && echo changed > given.txt && mkdir -p a/b && echo new > a/b/c')
    expect(result).toMatchObject({ exitCode: 0, output: 'from the server' })
    expect(await readFile(path.join(workspace, 'given.txt'), 'utf8')).toBe('changed\n')
    expect(await readFile(path.join(workspace, 'a/b/c'), 'utf8')).toBe('new\n')
  })

  it('is read-only when asked', async () => {
    await writeFile(path.join(workspace, 'kept.txt'), 'kept')
    const result = await run('echo x > kept.txt; echo y > new.txt; rm kept.txt; cat kept.txt', { writable: false })
    expect(result.output).toMatch(/Read-only file system/)
    expect(readdirSync(workspace)).toEqual(['kept.txt'])
    expect(result.output).toMatch(/kept$/)
  })

  it('keeps single paths read-only, also against moving their folder away', async () => {
    await mkdir(path.join(workspace, 'tests/unit'), { recursive: true })
    await writeFile(path.join(workspace, 'tests/unit/a.test.js'), 'original')
    const result = await run(
      'echo x > tests/unit/a.test.js; mv tests old; mv tests/unit tests/old; rm -rf tests; echo ok > code.js',
      {
        readOnlyPaths: ['tests/unit'],
      },
    )
    expect(result.output).toMatch(/Read-only file system[\s\S]*busy/)
    expect(await readFile(path.join(workspace, 'tests/unit/a.test.js'), 'utf8')).toBe('original')
    expect(await readFile(path.join(workspace, 'code.js'), 'utf8')).toBe('ok\n')
  })

  it('refuses read-only paths that leave the workspace or go through a link', async () => {
    await symlink('/etc', path.join(workspace, 'link'))
    for (const given of ['../other', '/etc', 'link/passwd', 'link', 'missing', ''])
      await expect(run('true', { readOnlyPaths: [given] })).rejects.toMatchObject({ code: 'sandbox-workspace-refused' })
  })

  it('refuses a workspace that is not there', async () => {
    await expect(run('true', { workspace: path.join(root, 'missing') })).rejects.toMatchObject({
      code: 'sandbox-workspace-refused',
    })
    await expect(run('true', { workspace: 'relative' })).rejects.toMatchObject({ code: 'sandbox-workspace-refused' })
  })
})

describe('results', () => {
  it('passes on exit codes and environment', async () => {
    expect(await run('echo $COLOUR; exit 7', { environment: { COLOUR: 'green' } })).toMatchObject({
      exitCode: 7,
      signal: null,
      timedOut: false,
      output: 'green\n',
    })
    expect((await run('kill -9 $$')).exitCode).toBe(137)
  })

  it('survives unicode, NUL and broken bytes in the output', async () => {
    const seen: string[] = []
    const { output } = await run(
      `printf 'naïve 🙂\\000\\377 end'; printf warn >&2`,
      {},
      { onOutput: (chunk) => seen.push(chunk.stream) },
    )
    expect(output).toContain('naïve 🙂\ufffd\ufffd end')
    expect(new Set(seen)).toEqual(new Set(['stdout', 'stderr']))
  })

  it('keeps head and tail of long output', async () => {
    const result = await run('echo first; seq 1 200000; echo last', { maxOutputBytes: 10_000 })
    expect(result).toMatchObject({ exitCode: 0, outputTruncated: true })
    expect(result.output).toMatch(/^first\n[\s\S]*bytes left out[\s\S]*\nlast\n$/)
    expect(result.output.length).toBeLessThan(10_100)
  })

  it('kills a flood', async () => {
    const result = await run('yes', { timeoutMs: 60_000 })
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false, outputTruncated: true })
  })

  it('runs node --test', async () => {
    await writeFile(
      path.join(workspace, 'sum.test.mjs'),
      `import test from 'node:test'\nimport assert from 'node:assert'\ntest('adds', () => assert.equal(1 + 1, 2))\n`,
    )
    const result = await run('node --test')
    expect(result.exitCode).toBe(0)
    expect(result.output).toMatch(/pass 1/)
  })
})

describe('ends', () => {
  it('kills the whole tree at the time limit', async () => {
    const name = marker()
    const result = await run(`${daemon(name)} sleep 1000`, { timeoutMs: 700 })
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true })
    await vi.waitFor(() => expect(survivors(name)).toBe(0), 10_000)
  })

  it('leaves nothing behind a command that ended well', async () => {
    const name = marker()
    expect((await run(`${daemon(name)} echo done`)).exitCode).toBe(0)
    await vi.waitFor(() => expect(survivors(name)).toBe(0), 10_000)
  })

  it('stops within two seconds of an abort', async () => {
    const name = marker()
    const abort = new AbortController()
    let aborted = 0
    let running = 0
    const result = await run(
      `${daemon(name)} echo ready; sleep 1000`,
      {},
      {
        signal: abort.signal,
        onOutput: () => {
          running = survivors(name)
          aborted = performance.now()
          abort.abort()
        },
      },
    )
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false })
    expect(running).toBeGreaterThan(0)
    expect(performance.now() - aborted).toBeLessThan(2_000)
    await vi.waitFor(() => expect(survivors(name)).toBe(0), 10_000)
  })

  it('leaves nothing behind when the server itself is killed', async () => {
    const name = marker()
    const server = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--input-type=module', '-e'],
        `import { bubblewrapCandidate } from '#server/sandbox/runners/bubblewrap/runner'
        const { runner } = await bubblewrapCandidate()
        const command = ${JSON.stringify(`${daemon(name)} sleep 1000`)}
        await runner.run({ workspace: ${JSON.stringify(workspace)}, command, writable: true, timeoutMs: 600_000 })`,
      ],
      { stdio: 'ignore' },
    )
    await vi.waitFor(() => expect(survivors(`: ${name}`)).toBeGreaterThan(2), 15_000)
    server.kill('SIGKILL')
    await vi.waitFor(() => expect(survivors(`: ${name}`)).toBe(0), 10_000)
  })

  it('does not start a command that was aborted before its turn', async () => {
    const abort = new AbortController()
    abort.abort()
    const result = await run('echo x > started', {}, { signal: abort.signal })
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })
})

describe('together', () => {
  it('keeps several runs apart and gives one workspace one command at a time', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => mkdtemp(path.join(root, 'many-'))))
    const results = await Promise.all([
      ...others.map((other, index) => run(`echo ${index} > mine; sleep 0.2; cat mine; ls`, { workspace: other })),
      ...[1, 2, 3].map(() => run('[ -e busy ] && echo OVERLAP; touch busy; sleep 0.1; rm busy')),
    ])
    expect(results.slice(0, 4).map((result) => result.output)).toEqual([
      '0\nmine\n',
      '1\nmine\n',
      '2\nmine\n',
      '3\nmine\n',
    ])
    expect(results.slice(4).map((result) => result.output)).toEqual(['', '', ''])
  })
})
