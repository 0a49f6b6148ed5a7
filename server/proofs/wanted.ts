/** Milliseconds between looks whether what runs is still asked for. */
const LOOK_MS = 1_000

/**
 * Does work that nobody holds a lease for, and stops it soon after nobody asks for it any more: people have ended what
 * it is for. A look that fails is made again.
 * @returns null when it was stopped so
 */
export async function whileWanted<T>(
  signal: AbortSignal,
  isWanted: () => Promise<boolean>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const stop = new AbortController()
  const look = () => isWanted().then((wanted) => wanted || stop.abort(new Error('nobody asks for it any more')))
  const timer = setInterval(() => void look().catch(() => {}), LOOK_MS)
  try {
    return await work(AbortSignal.any([signal, stop.signal]))
  } catch (error) {
    if (stop.signal.aborted && !signal.aborted) return null
    throw error
  } finally {
    clearInterval(timer)
  }
}
