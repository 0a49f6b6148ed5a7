/** What a key press meant: go to a page, or press the page's own control of that name. */
export type KeyAction = { do: 'go'; href: string } | { do: 'press'; name: string } | { do: 'sheet' }

export interface KeyPress {
  key: string
  alt: boolean
  control: boolean
  meta: boolean
  /** True in text fields, and when the focused control would use the key itself. */
  typing: boolean
  /** Milliseconds. */
  at: number
}

/** After `g` the second key must follow within this time. */
export const SEQUENCE_MS = 800

/** What a page may offer: it marks its control with the name. */
const pressed: Record<string, KeyAction> = {
  p: { do: 'press', name: 'pause' },
  r: { do: 'press', name: 'retry' },
  a: { do: 'press', name: 'assign' },
  u: { do: 'press', name: 'undo' },
  X: { do: 'press', name: 'cancel' },
}

/**
 * Reads single keys and two-key sequences. Pure but for what it remembers: the time of the last `g`.
 * @param pages second key → address
 */
export function keyReader(pages: ReadonlyMap<string, string>): (press: KeyPress) => KeyAction | null {
  let leader = Number.NEGATIVE_INFINITY
  return ({ key, alt, control, meta, typing, at }) => {
    if (typing || alt || control || meta) {
      leader = Number.NEGATIVE_INFINITY
      return null
    }
    const inSequence = at - leader <= SEQUENCE_MS
    leader = !inSequence && key === 'g' ? at : Number.NEGATIVE_INFINITY
    if (inSequence) {
      const href = pages.get(key)
      return href ? { do: 'go', href } : null
    }
    if (key === '?') return { do: 'sheet' }
    if (key === 'c') return { do: 'press', name: 'new-requirement' }
    if (key === '/') return { do: 'press', name: 'filter' }
    return pressed[key] ?? null
  }
}
