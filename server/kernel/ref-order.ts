const byNumber = new Intl.Collator('en', { numeric: true })

/** Refs such as S2, S10 or T1, as people count. */
export function inRefOrder(refs: readonly string[]): string[] {
  return [...refs].sort(byNumber.compare)
}
