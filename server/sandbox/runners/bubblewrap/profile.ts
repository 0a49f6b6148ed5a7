/**
 * The bubblewrap options of one run. Every line was measured against escape probes; the self-test repeats the important
 * ones on the machine at hand. Two things are not obvious: bubblewrap is process 1 inside, so it must itself start with an
 * empty environment (`--clearenv` cleans only the command's); and `/` and `/dev` are memory file systems without a limit,
 * so both end read-only.
 */

export interface ProfileSettings {
  /** Where the workspace is, seen by the bubblewrap that mounts it. */
  workspace: string
  writable: boolean
  readOnlyPaths: readonly string[]
  environment: Readonly<Record<string, string>>
  /** Files of the Node installation, `[source, destination]`, when Node is not under /usr. */
  nodeMounts: readonly (readonly [string, string])[]
  nodeLinks: readonly (readonly [string, string])[]
  /** Directories under /usr that hold our own files (a container's /usr/src/app) and are covered. */
  hidden: readonly string[]
  descriptors: { seccomp: number; passwd: number; group: number; hosts: number; status: number }
}

export const SANDBOX_NODE = '/opt/node'
const HOME = '/home/sandbox'
const MEGABYTE = 1_048_576

export const PASSWD = `sandbox:x:1000:1000:sandbox:${HOME}:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`
export const GROUP = 'sandbox:x:1000:\nnogroup:x:65534:\n'
export const HOSTS = '127.0.0.1 localhost sandbox\n::1 localhost\n'

/** Not /etc/ssl as a whole: its `private` folder may be readable to a group the server belongs to. */
const READABLE_ETC = [
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/ca-certificates',
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/nsswitch.conf',
  '/etc/localtime',
  '/etc/fonts',
  '/etc/mime.types',
]

/** Options for the bubblewrap that isolates the command, without the command itself. */
export function isolationOptions(settings: ProfileSettings): string[] {
  const { descriptors } = settings
  return [
    ...['user', 'ipc', 'pid', 'net', 'uts'].map((namespace) => `--unshare-${namespace}`),
    ...['--unshare-cgroup-try', '--disable-userns', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...environmentOptions(settings),
    ...systemOptions(settings),
    ...['--ro-bind-data', `${descriptors.passwd}`, '/etc/passwd'],
    ...['--ro-bind-data', `${descriptors.group}`, '/etc/group'],
    ...['--ro-bind-data', `${descriptors.hosts}`, '/etc/hosts'],
    ...['--proc', '/proc', '--dev', '/dev'],
    ...memoryFolder('/dev/shm', 64),
    ...['--remount-ro', '/dev'],
    ...memoryFolder('/tmp', 256),
    ...memoryFolder(HOME, 256),
    ...memoryFolder('/run', 16),
    ...[settings.writable ? '--bind' : '--ro-bind', settings.workspace, '/workspace', '--chdir', '/workspace'],
    ...protectedOptions(settings),
    ...['--remount-ro', '/', '--hostname', 'sandbox', '--uid', '1000', '--gid', '1000'],
    ...['--seccomp', `${descriptors.seccomp}`, '--json-status-fd', `${descriptors.status}`],
  ]
}

function environmentOptions(settings: ProfileSettings): string[] {
  const path = [
    ...(settings.nodeMounts.length > 0 ? [`${SANDBOX_NODE}/bin`] : []),
    '/usr/local/bin',
    '/usr/bin',
    '/bin',
  ]
  const variables: Record<string, string> = {
    ...settings.environment,
    PATH: path.join(':'),
    HOME,
    TMPDIR: '/tmp',
    USER: 'sandbox',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    npm_config_cache: `${HOME}/.npm`,
    npm_config_update_notifier: 'false',
    npm_config_offline: 'true',
  }
  return ['--clearenv', ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value])]
}

function systemOptions(settings: ProfileSettings): string[] {
  return [
    ...['--ro-bind', '/usr', '/usr'],
    ...settings.hidden.flatMap((directory) => ['--tmpfs', directory, '--remount-ro', directory]),
    ...['bin', 'sbin', 'lib', 'lib64', 'lib32'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    ...['--dir', '/etc'],
    ...READABLE_ETC.flatMap((path) => ['--ro-bind-try', path, path]),
    ...settings.nodeMounts.flatMap(([source, destination]) => ['--ro-bind', source, destination]),
    ...settings.nodeLinks.flatMap(([target, destination]) => ['--symlink', target, destination]),
  ]
}

/**
 * Mounts the protected paths read-only. Their parent folders are mounted onto themselves first: a mount point can't be
 * renamed, so a command can't move the folder away and put its own in the same place.
 */
function protectedOptions({ workspace, readOnlyPaths }: ProfileSettings): string[] {
  const parents = new Set(readOnlyPaths.flatMap((path) => parentsOf(path)))
  const shallowFirst = [...parents].sort((one, other) => one.split('/').length - other.split('/').length)
  return [
    ...shallowFirst.flatMap((path) => ['--bind', `${workspace}/${path}`, `/workspace/${path}`]),
    ...readOnlyPaths.flatMap((path) => ['--ro-bind', `${workspace}/${path}`, `/workspace/${path}`]),
  ]
}

function parentsOf(path: string): string[] {
  const steps = path.split('/').slice(0, -1)
  return steps.map((_, index) => steps.slice(0, index + 1).join('/'))
}

function memoryFolder(path: string, megabytes: number): string[] {
  return ['--size', `${megabytes * MEGABYTE}`, '--tmpfs', path]
}

/**
 * Containers often keep the product itself below /usr (/usr/src/app), which commands see: those of our own folders that lie
 * there are covered, the outermost of them only. Folders directly below /usr belong to the system.
 */
export function hiddenDirectories(own: readonly string[]): string[] {
  const below = [...new Set(own)].filter((directory) => /^\/usr\/[^/]+\/[^/]/.test(directory))
  return below.filter((directory) => !below.some((other) => other !== directory && directory.startsWith(`${other}/`)))
}

const STAGE = '/tmp'
export const STAGED_WORKSPACE = `${STAGE}/workspace`
export const stagedNode = (index: number) => `${STAGE}/node-${index}`

/**
 * Options for the outer bubblewrap, used as root only. The run's user may not walk through the parents of the workspace (a
 * data directory under /root, mode 0700), and giving up root comes before bubblewrap's own mounts. So root first builds a
 * mount namespace in which workspace and Node lie in a folder everybody may enter; then it gives up root for good.
 *
 * The process namespace is for the case that the server is killed: "die with the parent" is a signal, and the outer
 * bubblewrap, root without its rights, may not signal the run's user. When process 1 of a namespace ends, the kernel asks
 * nobody.
 */
export function stagingOptions(settings: {
  workspace: string
  writable: boolean
  nodeSources: readonly string[]
}): string[] {
  return [
    ...['--dev-bind', '/', '/', '--tmpfs', STAGE],
    ...[settings.writable ? '--bind' : '--ro-bind', settings.workspace, STAGED_WORKSPACE],
    ...settings.nodeSources.flatMap((source, index) => ['--ro-bind', source, stagedNode(index)]),
    ...['--unshare-pid', '--die-with-parent'],
  ]
}
