/** Millionths of a dollar in words. Below one cent four digits are shown, so that a small cost never reads as none. */
export function dollars(microUsd: number): string {
  const amount = microUsd / 1_000_000
  if (microUsd > 0 && amount < 0.0001) return '< $0.0001'
  return `$${amount.toFixed(amount < 0.01 && microUsd > 0 ? 4 : 2)}`
}

/** Tokens in words: "950 tokens", "12.3k tokens", "4.5M tokens". */
export function tokensInWords(tokens: number): string {
  if (tokens === 1) return '1 token'
  if (tokens < 1_000) return `${tokens} tokens`
  return tokens < 1_000_000 ? `${short(tokens / 1_000)}k tokens` : `${short(tokens / 1_000_000)}M tokens`
}

/** Milliseconds in words: "45 s", "12 min", "2 h 5 min". */
export function timeInWords(milliseconds: number): string {
  if (milliseconds < 60_000) return `${short(milliseconds / 1_000)} s`
  const minutes = Math.round(milliseconds / 60_000)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** One digit after the point, and none when it would be a zero. */
function short(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}
