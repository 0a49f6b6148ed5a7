import { splitSentences } from '#server/requirements/rules/sentences'
import { kindOf, type StatementKind, type Surroundings } from '#server/requirements/rules/statement-kinds'
import { type Block, readBlocks } from '#server/requirements/rules/text-blocks'

export interface NumberedStatement {
  /** S1, S2 … in the order of the text */
  ref: string
  /** 1 for the first */
  position: number
  text: string
  kind: StatementKind
  /** headings and parent items it stands under, joined by " > " */
  section: string
}

/** More than this nobody reads: what follows is kept, merged into the last statement. */
export const MAX_STATEMENTS = 2000
const TITLE_LENGTH = 80

/**
 * Numbers the sentences of a plain or Markdown text of any script, in linear time.
 *
 * A sentence of prose, a list item's sentence, a table row and a Given/When/Then block are a statement each. Headings
 * and list items that end in a colon become the section of what stands below them; an item that means nothing alone
 * ("username" below "two fields:") is joined with its parent. A code block belongs to the statement before it. From
 * the 2,000th statement on everything is merged into that one. A text that asks for nothing counts as a wish as a
 * whole, so that a non-blank text always has something to build or to ask about.
 */
export function splitStatements(text: string): NumberedStatement[] {
  const found: Omit<NumberedStatement, 'ref' | 'position'>[] = []
  for (const block of readBlocks(text)) {
    if (block.form === 'code') attachCode(found, block)
    else for (const part of partsOf(block)) found.push(part)
  }
  if (found.length === 0 && text.trim() !== '') found.push({ text: text.trim(), kind: 'behaviour', section: '' })
  if (found.every((one) => one.kind === 'context')) {
    for (const one of found) one.kind = 'behaviour'
  }
  return merged(found).map((one, index) => ({ ref: `S${index + 1}`, position: index + 1, ...one }))
}

function partsOf(block: Block): Omit<NumberedStatement, 'ref' | 'position'>[] {
  const section = [...block.headings, ...block.parents].join(' > ')
  const whole = block.form === 'gherkin' || block.form === 'row' || block.form === 'label'
  const sentences = whole ? [block.text] : splitSentences(block.text)
  return sentences.map((sentence) => {
    const around: Surroundings = {
      headings: [...block.headings, ...block.parents],
      form: block.form === 'code' ? 'prose' : block.form,
      introduction: block.introduction,
    }
    return { text: sentence, kind: kindOf(sentence, around), section }
  })
}

function attachCode(found: Omit<NumberedStatement, 'ref' | 'position'>[], block: Block) {
  const before = found.at(-1)
  if (before) before.text += `\n${block.text}`
  else found.push({ text: block.text, kind: 'context', section: block.headings.join(' > ') })
}

function merged(found: Omit<NumberedStatement, 'ref' | 'position'>[]) {
  if (found.length <= MAX_STATEMENTS) return found
  const rest = found.slice(MAX_STATEMENTS - 1)
  const kind = rest.find((one) => one.kind !== 'context')?.kind ?? 'context'
  const text = rest.map((one) => one.text).join('\n')
  return [...found.slice(0, MAX_STATEMENTS - 1), { text, kind, section: rest[0]?.section ?? '' }]
}

const emptyTitles = /^(?:introduction|overview|background|goals?|purpose|summary|requirements?|about)$/i

/** A short name for a text: its first heading that says something, else its first words (80 characters at most). */
export function titleOf(text: string): string {
  const blocks = readBlocks(text.slice(0, 20_000))
  const telling = blocks.flatMap((block) => block.headings.slice(0, 1)).find((heading) => heading.trim() !== '')
  const prose = blocks.find((block) => block.form !== 'code' && block.form !== 'label')
  const first =
    telling && !emptyTitles.test(telling) ? telling : (splitSentences(prose?.text ?? '')[0] ?? telling ?? '')
  const title = first.replaceAll(/\s+/g, ' ').trim()
  if (title === '') return 'Untitled requirement'
  if (title.length <= TITLE_LENGTH) return title
  const cut = title.slice(0, TITLE_LENGTH - 1)
  const blank = cut.lastIndexOf(' ')
  return `${(blank > TITLE_LENGTH / 2 ? cut.slice(0, blank) : cut).toWellFormed().replace(/\uFFFD$/, '')}…`
}
