import { cleanText } from '#server/kernel/clean-text'
import { RequirementError } from '../errors'
import { MAX_TEXT_BYTES } from '../model'

/** Share of control characters above which a text is taken for a binary file that was read as text. */
const BINARY_SHARE = 0.02
/** Control characters that no text needs: everything below U+0020 except tab, line feed, form feed, return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
const control = /[\u0000-\u0008\u000b\u000e-\u001f\u007f\ufffd]/g

/**
 * The text as it is stored: cleaned for Postgres, otherwise as it came.
 * @throws RequirementError text-empty, text-too-large (413) or text-binary
 */
export function checkedText(raw: string): string {
  const bytes = new TextEncoder().encode(raw).length
  if (bytes > MAX_TEXT_BYTES) {
    throw new RequirementError({
      code: 'text-too-large',
      kind: 'too-large',
      message: `The text has ${bytes.toLocaleString('en')} bytes; a requirement may have ${MAX_TEXT_BYTES.toLocaleString('en')}. Split it into several requirements, or leave attachments out.`,
      details: { bytes, limit: MAX_TEXT_BYTES },
    })
  }
  if (raw.trim() === '') {
    throw new RequirementError({
      code: 'text-empty',
      kind: 'invalid',
      message: 'The requirement is empty. Write at least one sentence that says what should be built.',
    })
  }
  const strange = raw.match(control)?.length ?? 0
  if (strange / raw.length > BINARY_SHARE) {
    throw new RequirementError({
      code: 'text-binary',
      kind: 'invalid',
      message: 'This looks like a binary file, not text. Send plain text or Markdown in UTF-8.',
    })
  }
  return cleanText(raw)
}
