import type { ExecuteOptions, TurnContext } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'
import { dialFetch, type Fetch } from './dial'
import { FrameGuard } from './frame-guard'

const DEFAULT_IDLE_MS = 90_000
/**
 * Comments only keep a connection open. Providers send them while a request waits its turn, so they are trusted longer
 * than silence, but not until the deadline of the whole call.
 */
const HEARTBEAT_FACTOR = 4
const DEFAULT_TOTAL_MS = 20 * 60_000

/** Why we ended a call ourselves. */
export type Verdict = 'aborted' | 'idle' | 'deadline'

/**
 * One HTTP exchange with a provider and what was seen of it, whatever SDK reads it. It holds the clocks the SDKs lack:
 * their timeouts end with the response's headers, so a stream that stalls afterwards would hang for ever.
 */
export class Exchange {
  private readonly controller = new AbortController()
  private readonly guard = new FrameGuard()
  private readonly dial: Fetch
  private readonly idleMs: number
  private readonly outer: AbortSignal
  private readonly onOuterAbort = () => this.end('aborted')
  private idleTimer: NodeJS.Timeout | undefined
  private spokenAt = 0
  private readonly totalTimer: NodeJS.Timeout
  readonly totalMs: number
  verdict: Verdict | null = null
  status: number | null = null
  headers: Headers | null = null
  /** Bytes of a successful answer; the provider may charge for a call that broke off after the first. */
  bodyBytes = 0

  constructor(
    context: Pick<TurnContext, 'idleTimeoutMs' | 'totalTimeoutMs'>,
    options: Pick<ExecuteOptions, 'signal'>,
    policy: DialPolicy,
  ) {
    this.dial = dialFetch(policy)
    this.idleMs = context.idleTimeoutMs ?? DEFAULT_IDLE_MS
    this.totalMs = context.totalTimeoutMs ?? DEFAULT_TOTAL_MS
    this.totalTimer = setTimeout(() => this.end('deadline'), this.totalMs)
    this.outer = options.signal
    if (this.outer.aborted) this.onOuterAbort()
    else this.outer.addEventListener('abort', this.onOuterAbort, { once: true })
    this.touch()
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  get requestId(): string | null {
    return this.headers?.get('request-id') ?? this.headers?.get('x-request-id') ?? null
  }

  get scripted(): boolean {
    return this.headers?.get('x-scripted') === '1'
  }

  /** True once the line `data: [DONE]` came. */
  get sawDone(): boolean {
    return this.guard.done
  }

  readonly fetch: Fetch = async (input, init) => {
    const response = await this.dial(input, init)
    this.touch()
    this.status = response.status
    this.headers = response.headers
    if (response.body === null) return response
    const watched = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, out) => {
          if (response.ok) this.bodyBytes += chunk.byteLength
          const before = this.guard.spoken
          this.guard.take(chunk)
          if (this.guard.spoken > before) this.touch()
          else this.heartbeat()
          out.enqueue(chunk)
        },
      }),
    )
    return new Response(watched, { status: response.status, headers: response.headers })
  }

  /** Stops the clocks and lets go of the connection. */
  close(): void {
    clearTimeout(this.idleTimer)
    clearTimeout(this.totalTimer)
    this.outer.removeEventListener('abort', this.onOuterAbort)
    this.controller.abort()
  }

  private touch(): void {
    this.spokenAt = performance.now()
    this.giveUpAfter(this.idleMs)
  }

  private heartbeat(): void {
    const patience = this.spokenAt + this.idleMs * HEARTBEAT_FACTOR - performance.now()
    this.giveUpAfter(Math.min(this.idleMs, Math.max(0, patience)))
  }

  private giveUpAfter(ms: number): void {
    clearTimeout(this.idleTimer)
    if (this.verdict === null) this.idleTimer = setTimeout(() => this.end('idle'), ms)
  }

  private end(verdict: Verdict): void {
    this.verdict ??= verdict
    clearTimeout(this.idleTimer)
    this.controller.abort()
  }
}
