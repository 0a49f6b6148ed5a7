/** A piece of a document that stands for itself: a list item, a paragraph, a table row, a code block … */
export interface Block {
  form: 'bullet' | 'prose' | 'row' | 'gherkin' | 'code' | 'label'
  text: string
  headings: string[]
  /** list items above it that end in a colon */
  parents: string[]
  introduction: boolean
}

interface Item {
  indent: number
  text: string
  isParent: boolean
  block: Block | null
}

const fence = /^\s{0,40}(`{3,}|~{3,})/
const heading = /^\s{0,3}(#{1,6})\s+(.*)$/
const item = /^(\s{0,200})(?:[-*+•–]|\d{1,6}[.)])\s+(.*)$/
const rule = /^\s{0,3}(?:(?:-\s?){3,200}|(?:\*\s?){3,200}|(?:_\s?){3,200}|={3,200})$/
const tableRow = /^\s{0,20}\|.*\|\s*$/
const tableLine = /^[\s|:-]+$/
const step = /^\s{0,40}(?:[-*]\s+)?\**(given|when|then|and|but)\b/i
const scenario = /^\s{0,40}\**(feature|scenario(?: outline)?|background|rule)\**\s*:\s*(.*)$/i

/** Emphasis and link targets are for the eye; what is said stays. Bounded, so that hostile text costs no more. */
function plain(text: string): string {
  return text
    .replaceAll(/\*\*([^*\n]{1,400})\*\*/g, '$1')
    .replaceAll(/__([^_\n]{1,400})__/g, '$1')
    .trim()
}

function isFragment(text: string): boolean {
  return text.length < 40 && text.split(/\s+/).length <= 3
}

/** Reads a document line by line into blocks; every line is looked at once. */
export function readBlocks(text: string): Block[] {
  const reader = new BlockReader()
  const lines = text.replaceAll('\uFEFF', '').split(/\r\n|\r|\n|\u2028|\u2029/)
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const opening = fence.exec(line)?.[1]
    if (opening) at = reader.code(lines, at, opening)
    else if (step.test(line) && !reader.inProse()) at = reader.steps(lines, at)
    else reader.line(line, lines[at + 1] ?? '')
  }
  return reader.finish()
}

class BlockReader {
  private readonly blocks: Block[] = []
  private headings: { level: number; text: string }[] = []
  private items: Item[] = []
  private paragraph: string[] = []
  /** the open list item or paragraph to which wrapped lines belong */
  private open: 'item' | 'prose' | null = null
  private tableHead: string | null = null
  private introduces = true
  /** headings that have got no block yet: kept as context if the text ends there */
  private bare: string | null = null

  inProse(): boolean {
    return this.open === 'prose'
  }

  line(line: string, next: string) {
    const isUnderlined = /^\s{0,3}(?:={3,200}|-{3,200})\s*$/.test(next) && line.trim() !== '' && !tableRow.test(line)
    const head = heading.exec(line)
    const listed = item.exec(line)
    if (line.trim() === '') this.blank()
    else if (head) this.heading((head[1] ?? '').length, (head[2] ?? '').replace(/\s#{1,6}\s*$/, ''))
    else if (rule.test(line)) this.close()
    else if (scenario.test(line) && !listed) this.scenario(line)
    else if (listed) this.item((listed[1] ?? '').replaceAll('\t', '    ').length, listed[2] ?? '')
    else if (tableRow.test(line)) this.row(line)
    else if (isUnderlined && this.open === null && line.length < 200) this.heading(next.includes('=') ? 1 : 2, line)
    else this.words(line)
  }

  /** Lines of a code block; returns the index of its last line. */
  code(lines: string[], from: number, opening: string): number {
    this.close()
    const body: string[] = []
    let at = from + 1
    while (at < lines.length && !(lines[at] ?? '').trim().startsWith(opening)) {
      body.push(lines[at] ?? '')
      at += 1
    }
    if (body.join('').trim() !== '') this.push('code', body.join('\n'))
    return at
  }

  /** A block of Given/When/Then lines is one statement, if there is a Then; otherwise its first line is ordinary. */
  steps(lines: string[], from: number): number {
    let end = from
    let hasThen = false
    while (end < lines.length && end < from + 60 && step.test(lines[end] ?? '')) {
      hasThen ||= /^then$/i.test(step.exec(lines[end] ?? '')?.[1] ?? '')
      end += 1
    }
    if (!hasThen || end - from < 2) {
      this.line(lines[from] ?? '', lines[from + 1] ?? '')
      return from
    }
    this.close()
    const words = lines.slice(from, end).map((line) => plain(line.replace(/^\s*[-*]\s+/, '')))
    this.push('gherkin', words.join('\n'))
    return end - 1
  }

  finish(): Block[] {
    this.close()
    if (this.bare !== null) this.label(this.bare)
    // an item that only announces its children is told by their section; without children it stands for itself
    return this.blocks.filter((block, at) => {
      const children = this.blocks[at + 1]?.parents ?? []
      return block.form !== 'label' || !children.includes(block.text.replace(/[:：]$/, ''))
    })
  }

  private blank() {
    this.tableHead = null
    // a paragraph that announces an example goes on behind the blank line
    if (this.open === 'prose' && /(?:for example|e\.g\.|such as)\s*:\s*$/i.test(this.paragraph.at(-1) ?? '')) return
    this.close()
  }

  private heading(level: number, text: string) {
    this.close()
    this.items = []
    const words = plain(text)
    if (words === '') return
    if (this.bare !== null && (this.headings.at(-1)?.level ?? 0) >= level) this.label(this.bare)
    this.headings = [...this.headings.filter((one) => one.level < level), { level, text: words }]
    this.bare = words
    this.introduces = true
  }

  private scenario(line: string) {
    const [, word = '', name = ''] = scenario.exec(line) ?? []
    this.heading(/^feature/i.test(word) ? 7 : 8, name.trim() === '' ? line : name)
  }

  /** A heading with nothing below it is kept as a line of its own, so that no word is lost. */
  private label(text: string) {
    this.push('label', text)
  }

  private item(indent: number, text: string) {
    this.close()
    this.items = this.items.filter((one) => one.indent < indent)
    const above = this.items.at(-1)
    // "1. `IdWorker.java`" with items below it is a heading in all but form
    if (above?.block && !above.isParent && isFragment(above.text)) {
      above.isParent = true
      above.block.form = 'label'
    }
    this.items.push({ indent, text, isParent: false, block: null })
    this.open = 'item'
    this.paragraph = [text]
    this.introduces = false
  }

  private row(line: string) {
    if (this.open !== null) this.close()
    if (tableLine.test(line)) return
    const words = line
      .trim()
      .slice(1, -1)
      .split('|')
      .map((cell) => plain(cell))
      .join(' | ')
    const isFirst = this.tableHead === null
    this.tableHead = words
    this.push(isFirst ? 'label' : 'row', words)
  }

  private words(line: string) {
    if (this.open === null) {
      this.open = 'prose'
      // indented words below a list still belong to its items
      if (!/^\s{2}/.test(line)) this.items = []
    }
    this.paragraph.push(line.trim())
  }

  private close() {
    const text = plain(this.paragraph.join(' '))
    const open = this.open
    this.paragraph = []
    this.open = null
    if (text === '') return
    const current = this.items.at(-1)
    if (open === 'item' && current) {
      current.text = text
      current.isParent = /[:：]$/.test(text) && text.length <= 200
      if (current.isParent) this.push('label', text, this.items.slice(0, -1))
      else current.block = this.push('bullet', this.joined(text))
    } else if (open === 'prose') {
      this.push(/[:：]$/.test(text) ? 'label' : 'prose', text)
    }
  }

  /** "username" below "A form with two fields:" says nothing alone. */
  private joined(text: string): string {
    const parent = this.items.at(-2)
    return parent?.isParent && isFragment(text) && /\s/.test(parent.text) ? `${parent.text} ${text}` : text
  }

  private push(form: Block['form'], text: string, above: Item[] = this.items): Block {
    const block: Block = {
      form,
      text,
      headings: this.headings.map((one) => one.text),
      parents: above.filter((one) => one.isParent).map((one) => one.text.replace(/[:：]$/, '')),
      introduction: this.introduces && form === 'prose',
    }
    this.blocks.push(block)
    if (form !== 'prose' && form !== 'label') this.introduces = false
    this.bare = null
    return block
  }
}
