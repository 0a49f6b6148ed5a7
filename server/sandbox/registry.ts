import { hostname } from 'node:os'
import { messageOf } from '#server/kernel/app-error'
import { sandboxEnvironment } from '#server/platform/env/sandbox'
import { sandboxUnavailable } from './errors'
import type { SelfTestReport } from './model'
import type { SandboxCandidate, SandboxRunner } from './ports'
import { bubblewrapCandidate } from './runners/bubblewrap/runner'
import { unprotectedCandidate } from './runners/none/runner'
import { selfTest } from './self-test'

export interface SandboxSettings {
  provider: 'bubblewrap' | 'none'
  /** What the operator typed to accept running without isolation; must equal `hostname`. */
  acceptedRisk: string | undefined
  hostname: string
  /** Milliseconds, monotonic. */
  now: () => number
  bubblewrap: () => Promise<SandboxCandidate | string>
  none: () => SandboxCandidate
  test: (candidate: SandboxCandidate) => Promise<SelfTestReport>
}

export interface SandboxRegistry {
  /**
   * The runner for agents' commands. A passed self-test counts for ten minutes, a failed one is never remembered.
   * @throws AppError `sandbox-unavailable` when no isolation can be shown to hold
   */
  runner(): Promise<SandboxRunner>
  /** Runs the self-test now, whatever is remembered. Never throws: a missing program is a failed check. */
  report(): Promise<SelfTestReport>
}

const TRUST_MS = 10 * 60_000

/** Builds the choice of runner over given settings; the product itself uses `sandboxRunner` below. */
export function createSandboxRegistry(settings: SandboxSettings): SandboxRegistry {
  let trusted: { runner: SandboxRunner; until: number } | undefined
  let testing: Promise<{ report: SelfTestReport; runner: SandboxRunner | null }> | undefined

  const examine = async () => {
    if (settings.provider === 'none') return withoutIsolation(settings)
    const candidate = await settings.bubblewrap().catch((error: unknown) => messageOf(error))
    if (typeof candidate === 'string') return { report: missing(candidate), runner: null }
    const report = await settings.test(candidate)
    return { report, runner: report.ok ? candidate.runner : null }
  }
  const tested = async () => {
    testing ??= examine().finally(() => {
      testing = undefined
    })
    const result = await testing
    trusted = result.runner === null ? undefined : { runner: result.runner, until: settings.now() + TRUST_MS }
    return result
  }

  return {
    async runner() {
      if (trusted !== undefined && settings.now() < trusted.until) return trusted.runner
      const { report, runner } = await tested()
      if (runner === null) throw sandboxUnavailable(failures(report))
      return runner
    },
    report: async () => (await tested()).report,
  }
}

function withoutIsolation(settings: SandboxSettings): { report: SelfTestReport; runner: SandboxRunner | null } {
  const accepted = settings.acceptedRisk === settings.hostname
  const detail = accepted
    ? 'Isolation is switched off by SANDBOX_PROVIDER=none. Commands of agents can do everything the server can.'
    : `SANDBOX_PROVIDER=none counts only together with SANDBOX_NONE_I_ACCEPT_RISK=${settings.hostname}`
  const report: SelfTestReport = {
    ok: accepted,
    runner: 'none',
    version: null,
    checks: [{ name: 'isolation', ok: accepted, detail }],
  }
  return { report, runner: accepted ? settings.none().runner : null }
}

function missing(why: string): SelfTestReport {
  return { ok: false, runner: 'bubblewrap', version: null, checks: [{ name: 'start', ok: false, detail: why }] }
}

function failures(report: SelfTestReport): string {
  const broken = report.checks.filter((check) => !check.ok).map((check) => check.detail.replace(/\.$/, ''))
  return `${report.runner}: ${broken.join('; ')}`
}

let registry: SandboxRegistry | undefined

function configured(): SandboxRegistry {
  if (registry === undefined) {
    const environment = sandboxEnvironment()
    registry = createSandboxRegistry({
      provider: environment.SANDBOX_PROVIDER,
      acceptedRisk: environment.SANDBOX_NONE_I_ACCEPT_RISK,
      hostname: hostname(),
      now: () => performance.now(),
      bubblewrap: bubblewrapCandidate,
      none: unprotectedCandidate,
      test: selfTest,
    })
  }
  return registry
}

/** The runner this process uses for agents' commands; see `SandboxRegistry.runner`. */
export function sandboxRunner(): Promise<SandboxRunner> {
  return configured().runner()
}
