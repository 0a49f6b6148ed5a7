/**
 * The system calls a command may not make, compiled to classic BPF for `bwrap --seccomp`. A network namespace does not
 * cover AF_VSOCK (on many clouds it reaches the hypervisor's agents), and namespaces do not cover the kernel's keyrings,
 * bpf, io_uring and similar doors; this filter closes them. It is a deny list: everything else stays allowed, so compilers,
 * Node and browsers work.
 *
 * Format: linux/filter.h (8-byte instructions), linux/seccomp.h (return values), layout of `struct seccomp_data`.
 */

/** Numbers of the calls that are refused whole, from the kernel's syscall tables; `null` where an architecture has none. */
const DENIED: Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>> = {
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  move_mount: [429, 429],
  open_tree: [428, 428],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  acct: [163, 89],
  quotactl: [179, 60],
  iopl: [172, null],
  ioperm: [173, null],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  vhangup: [153, 58],
  syslog: [103, 116],
  lookup_dcookie: [212, 18],
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  fanotify_init: [300, 262],
}

interface Architecture {
  /** AUDIT_ARCH_* of linux/audit.h. */
  audit: number
  column: 0 | 1
  socket: number
  clone: number
  clone3: number
  ioctl: number
  personality: number
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { audit: 0xc000003e, column: 0, socket: 41, clone: 56, clone3: 435, ioctl: 16, personality: 135 },
  arm64: { audit: 0xc00000b7, column: 1, socket: 198, clone: 220, clone3: 435, ioctl: 29, personality: 92 },
}

const LOAD_WORD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_GREATER_OR_EQUAL = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const FAIL = 0x00050000
const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97

const CALL_NUMBER = 0
const ARCHITECTURE = 4
const argument = (index: number) => 16 + 8 * index

/** Every CLONE_NEW* flag that fits `clone` (linux/sched.h). */
const NEW_NAMESPACE_FLAGS = 0x7e020000
const SOCKET_FAMILIES = { unix: 1, inet: 2, inet6: 10, netlink: 16 }
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c
const PERSONALITY_QUERY = 0xffffffff

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, value: number]

const load = (offset: number): Instruction => [LOAD_WORD, 0, 0, offset]
const give = (value: number): Instruction => [RETURN, 0, 0, value]
const fail = (errno: number): Instruction => give(FAIL | errno)
const whenEqual = (value: number, jumpTrue: number, jumpFalse: number): Instruction => [
  JUMP_EQUAL,
  jumpTrue,
  jumpFalse,
  value,
]

/** Runs `body` for one call number only. `body` must end in a return, because the accumulator is gone after it. */
function onCall(number: number, body: readonly Instruction[]): Instruction[] {
  return [whenEqual(number, 0, body.length), ...body]
}

/** Allows the call when the loaded argument is one of `values`, otherwise fails it. */
function onlyValues(values: readonly number[], errno: number): Instruction[] {
  const tests = values.map((value, index) => whenEqual(value, values.length - index, 0))
  return [...tests, fail(errno), give(ALLOW)]
}

/**
 * The filter for one processor architecture (Node's name), or `null` when its call numbers are not known here: then
 * there is no sandbox, because a filter that does not fit would protect nothing.
 */
export function seccompProgram(architecture: string): Uint8Array | null {
  const machine = ARCHITECTURES[architecture]
  if (machine === undefined) return null
  const program: Instruction[] = [
    load(ARCHITECTURE),
    whenEqual(machine.audit, 1, 0),
    give(KILL_PROCESS),
    load(CALL_NUMBER),
    // The x32 calls of x64 carry this bit and would slip past the numbers below.
    ...(architecture === 'x64' ? ([[JUMP_GREATER_OR_EQUAL, 0, 1, 0x40000000], fail(ENOSYS)] as const) : []),
    // clone3 hides its flags behind a pointer; "not there" makes libc fall back to clone.
    ...onCall(machine.clone3, [fail(ENOSYS)]),
    ...Object.values(DENIED).flatMap((numbers) => {
      const number = numbers[machine.column]
      return number === null ? [] : onCall(number, [fail(EPERM)])
    }),
    ...onCall(machine.clone, [load(argument(0)), [JUMP_ANY_BIT, 0, 1, NEW_NAMESPACE_FLAGS], fail(EPERM), give(ALLOW)]),
    ...onCall(machine.socket, [load(argument(0)), ...onlyValues(Object.values(SOCKET_FAMILIES), EAFNOSUPPORT)]),
    ...onCall(machine.ioctl, [
      load(argument(1)),
      whenEqual(TIOCSTI, 1, 0),
      whenEqual(TIOCLINUX, 0, 1),
      fail(EPERM),
      give(ALLOW),
    ]),
    ...onCall(machine.personality, [load(argument(0)), ...onlyValues([0, PERSONALITY_QUERY], EPERM)]),
    give(ALLOW),
  ]
  return encode(program)
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [index, [code, jumpTrue, jumpFalse, value]] of program.entries()) {
    view.setUint16(index * 8, code, true)
    view.setUint8(index * 8 + 2, jumpTrue)
    view.setUint8(index * 8 + 3, jumpFalse)
    view.setUint32(index * 8 + 4, value >>> 0, true)
  }
  return bytes
}
