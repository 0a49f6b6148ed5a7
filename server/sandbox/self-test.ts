import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { messageOf } from '#server/kernel/app-error'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import type { SelfTestCheck, SelfTestReport } from './model'
import type { SandboxCandidate } from './ports'
import { type ProbeTargets, probeProgram } from './probe'

const findings = z.object({
  environment: z.boolean(),
  canaryByPath: z.boolean(),
  canaryByLink: z.boolean(),
  writeOutside: z.boolean(),
  writeSystem: z.array(z.string()),
  writeWorkspace: z.boolean(),
  loopback: z.boolean(),
  abstractSocket: z.boolean(),
  interfaces: z.array(z.string()),
  processes: z.number(),
  userNamespace: z.boolean(),
  descriptors: z.array(z.string()),
  capabilities: z.string().optional(),
  noNewPrivileges: z.string().optional(),
  seccomp: z.string().optional(),
  user: z.number(),
  node: z.string(),
})
type Findings = z.infer<typeof findings>

const TIME_LIMIT_MS = 30_000
const CANARY_VARIABLE = 'ORCHESTRATOR_SANDBOX_CANARY'

/**
 * Plants canaries around a sandbox (a secret in our environment, a file, a TCP port, an abstract socket), lets a probe
 * inside look for them, and reports what it reached. A version number proves nothing: only this says that isolation holds
 * here and now. Never throws; a probe that can't run is a failed check.
 */
export async function selfTest(candidate: SandboxCandidate): Promise<SelfTestReport> {
  const report = (checks: SelfTestCheck[]): SelfTestReport => ({
    ok: checks.every((check) => check.ok),
    runner: candidate.runner.name,
    version: candidate.version,
    checks,
  })
  try {
    const found = await probe(candidate)
    const notes = candidate.notes.map((detail) => ({ name: 'machine', ok: true, detail }))
    return report([...judged(found), ...notes])
  } catch (error) {
    return report([{ name: 'start', ok: false, detail: messageOf(error) }])
  }
}

async function probe(candidate: SandboxCandidate): Promise<Findings> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-self-test-'))
  const secret = randomBytes(24).toString('hex')
  const abstractSocket = `sandbox-self-test-${randomBytes(8).toString('hex')}`
  const servers: net.Server[] = []
  try {
    const tcp = await listening({ host: '127.0.0.1', port: 0 }, servers)
    await listening({ path: `\0${abstractSocket}` }, servers)
    const targets: ProbeTargets = {
      canaryFile: path.join(directory, 'canary.txt'),
      secret,
      port: (tcp.address() as net.AddressInfo).port,
      abstractSocket,
      outsideFile: path.join(directory, 'written-outside'),
    }
    const workspace = path.join(directory, 'workspace')
    await mkdir(workspace)
    await writeFile(targets.canaryFile, secret)
    await symlink('../canary.txt', path.join(workspace, 'link-to-canary'))
    await writeFile(path.join(workspace, 'probe.cjs'), probeProgram(targets))
    setEnvironmentVariable(CANARY_VARIABLE, secret)
    const result = await candidate.runner.run({
      workspace,
      command: 'node probe.cjs',
      writable: true,
      timeoutMs: TIME_LIMIT_MS,
    })
    if (result.exitCode !== 0)
      throw new Error(`the probe ended with ${result.exitCode ?? result.signal}: ${result.output.slice(-500)}`)
    return findings.parse(JSON.parse(result.output))
  } finally {
    setEnvironmentVariable(CANARY_VARIABLE, undefined)
    for (const server of servers) server.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function listening(options: net.ListenOptions, servers: net.Server[]): Promise<net.Server> {
  const server = net.createServer((socket) => socket.destroy())
  servers.push(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, resolve)
  })
  return server
}

function judged(found: Findings): SelfTestCheck[] {
  const check = (name: string, ok: boolean, held: string, broken: string) => ({ name, ok, detail: ok ? held : broken })
  return [
    check(
      'environment',
      !found.environment,
      "The server's environment is out of reach.",
      "A secret in the server's environment could be read.",
    ),
    check(
      'file outside',
      !found.canaryByPath && !found.canaryByLink,
      'Files outside the workspace are out of reach, by path and by link.',
      'A file outside the workspace could be read.',
    ),
    check(
      'write outside',
      !found.writeOutside && found.writeSystem.length === 0,
      'Nothing outside the workspace can be written.',
      `Files outside the workspace could be written (${found.writeSystem.join(' ')}).`,
    ),
    check('workspace', found.writeWorkspace, 'The workspace can be written.', 'The workspace could not be written.'),
    check(
      'loopback',
      !found.loopback,
      "The machine's own ports are out of reach.",
      'A port of this machine could be reached.',
    ),
    check(
      'abstract socket',
      !found.abstractSocket,
      'Abstract sockets are out of reach.',
      'An abstract socket of this machine could be reached.',
    ),
    check(
      'network',
      found.interfaces.length === 0,
      'There is no network interface.',
      `Network interfaces are visible: ${found.interfaces.join(' ')}.`,
    ),
    check(
      'processes',
      found.processes <= 8,
      `${found.processes} processes are visible, all of the sandbox.`,
      `${found.processes} processes are visible, so some are not of the sandbox.`,
    ),
    check(
      'user namespaces',
      !found.userNamespace,
      'New user namespaces are refused.',
      'A new user namespace could be made inside.',
    ),
    check(
      'descriptors',
      found.descriptors.length === 0,
      'No open file of the server is passed on.',
      `Open files are passed on: ${found.descriptors.join(' ')}.`,
    ),
    check(
      'rights',
      /^0+$/.test(found.capabilities ?? '') && found.noNewPrivileges === '1',
      'The command has no rights of root and can gain none.',
      'The command has rights of root or can gain them.',
    ),
    check(
      'system calls',
      found.seccomp === '2',
      'The system call filter is active.',
      'The system call filter is not active.',
    ),
    check('node', true, `Node ${found.node} works inside.`, ''),
  ]
}
