/** Titles and Latin short forms whose full stop ends no sentence, although a capital may follow. */
const shortForms = /(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|e\.g|i\.e|vs|cf|no|fig|approx)\.\s*$/i

/**
 * Intl.Segmenter needs time that grows with the square of the text's length (measured: 60 s for 1 MB), so it is only
 * ever shown this many UTF-16 units at a time; that makes the whole linear.
 */
const WINDOW = 1000
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/**
 * Cuts prose into sentences by the Unicode rules (UAX 29), in any script, without losing a character.
 * @param text prose without line structure; line breaks count as blanks
 */
export function splitSentences(text: string): string[] {
  const sentences: string[] = []
  let open: string[] = []
  const close = (piece: string) => {
    open.push(piece)
    if (shortForms.test(piece.slice(-12))) return
    sentences.push(open.join(''))
    open = []
  }
  let from = 0
  while (from < text.length) {
    const end = windowEnd(text, from)
    const pieces = Array.from(segmenter.segment(text.slice(from, end)), (piece) => piece.segment)
    // the last piece may go on behind the window: look at it again, unless it is all there is
    const last = pieces.at(-1) ?? ''
    if (end === text.length) pieces.forEach(close)
    else if (pieces.length > 1) pieces.slice(0, -1).forEach(close)
    else open.push(last)
    from = end < text.length && pieces.length > 1 ? end - last.length : end
  }
  if (open.length > 0) sentences.push(open.join(''))
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== '')
}

/** Never cuts between the halves of a surrogate pair. */
function windowEnd(text: string, from: number): number {
  const end = Math.min(text.length, from + WINDOW)
  const code = text.charCodeAt(end)
  return end < text.length && code >= 0xdc00 && code <= 0xdfff ? end - 1 : end
}
