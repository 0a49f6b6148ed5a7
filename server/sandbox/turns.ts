const last = new Map<string, Promise<unknown>>()

/**
 * Runs work on one key strictly one after the other, in the order asked. Commands of one workspace take turns: while one
 * is prepared (owner, read-only paths), nothing of the agent runs that could change the files under our eyes.
 */
export async function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = last.get(key) ?? Promise.resolve()
  const mine = before.then(work, work)
  last.set(key, mine)
  try {
    return await mine
  } finally {
    if (last.get(key) === mine) last.delete(key)
  }
}
