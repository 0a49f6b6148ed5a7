/**
 * The program the self-test runs inside: it tries each way out and prints what it reached. Plain JavaScript in one string,
 * because inside there is nothing of ours to import.
 */
export interface ProbeTargets {
  canaryFile: string
  secret: string
  port: number
  abstractSocket: string
  outsideFile: string
}

export function probeProgram(targets: ProbeTargets): string {
  return `const targets = ${JSON.stringify(targets)}\n${PROGRAM}`
}

const PROGRAM = String.raw`
const fs = require('node:fs'), net = require('node:net'), os = require('node:os')
const { spawnSync } = require('node:child_process')
const attempt = (work) => { try { return work() } catch (error) { return { refused: error.code || String(error) } } }
const connect = (options) => new Promise((resolve) => {
  const socket = net.connect(options)
  const end = (reached) => { socket.destroy(); resolve(reached) }
  socket.setTimeout(2000, () => end(false)).on('connect', () => end(true)).on('error', () => end(false))
})
const written = (file) => attempt(() => { fs.writeFileSync(file, 'x'); fs.rmSync(file); return true }) === true
const read = (file) => attempt(() => fs.readFileSync(file, 'utf8'))
const holds = (text) => typeof text === 'string' && text.includes(targets.secret)
const everyEnvironment = () => fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((id) => read('/proc/' + id + '/environ'))
const status = String(read('/proc/self/status'))
const field = (name) => (status.match(new RegExp('^' + name + ':\\s*(.*)$', 'm')) || [])[1]
const main = async () => ({
  environment: Object.values(process.env).some(holds) || everyEnvironment().some(holds),
  canaryByPath: holds(read(targets.canaryFile)),
  canaryByLink: holds(read('link-to-canary')),
  writeOutside: written(targets.outsideFile),
  writeSystem: ['/usr/probe', '/etc/probe', '/probe', '/dev/probe'].filter(written),
  writeWorkspace: written('written-inside'),
  loopback: await connect({ host: '127.0.0.1', port: targets.port }),
  abstractSocket: await connect({ path: '\0' + targets.abstractSocket }),
  interfaces: fs.readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2).map((line) => line.split(':')[0].trim()).filter((name) => name !== '' && name !== 'lo'),
  processes: fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
  userNamespace: spawnSync('unshare', ['--user', 'true']).status === 0,
  descriptors: fs.readdirSync('/proc/self/fd').map(Number).filter((number) => number > 2).map((number) => attempt(() => fs.readlinkSync('/proc/self/fd/' + number))).filter((target) => typeof target === 'string' && target.startsWith('/') && target !== '/dev/null' && !target.startsWith('/proc/')),
  capabilities: field('CapEff'), noNewPrivileges: field('NoNewPrivs'), seccomp: field('Seccomp'),
  user: os.userInfo().uid, node: process.version,
})
main().then((found) => process.stdout.write(JSON.stringify(found)))
`
