import type { CatalogueEntry } from '#server/scripted/packs/catalogue-model'

const source = (perMinute: number) => `/** Words a person reads in a minute, unless another rate is given. */
export const DEFAULT_WORDS_PER_MINUTE = ${perMinute}
${String.raw`
const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function textOfHtml(html) {
  return html
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/<(script|style)\b[^<>]*>[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^<>]*>/g, (tag) => (/^<\/?(?:a|b|i|em|strong|span|code|u|sup|sub)\b/i.test(tag) ? '' : ' '))
    .replace(/&([a-z]+);/g, (sign, name) => entities[name] ?? sign)
}

function textOfMarkdown(markdown) {
  return markdown
    .replace(/!\[([^\][]*)\]\([^()]*\)/g, '$1')
    .replace(/\[([^\][]*)\]\([^()]*\)/g, '$1')
    .split('\n')
    .filter((line) => !/^\s*(?:${'`'}{3,}|~{3,}|-{3,}|={3,})/.test(line))
    .map((line) => line.replace(/^\s*(?:#{1,6}|>|[-*+]|\d+[.)])\s+/, '').replace(/[*_${'`'}]+/g, ''))
    .join('\n')
}

const readers = { text: (content) => content, html: textOfHtml, markdown: textOfMarkdown }

/** The formats content may have. */
export const formats = Object.keys(readers)

/** The number of words a reader sees. Throws a TypeError for a format that is not supported. */
export function countWords(content, format = 'text') {
  if (typeof content !== 'string') throw new TypeError('the content must be a text')
  if (!Object.hasOwn(readers, format)) {
    throw new TypeError('the format ' + format + ' is not supported; supported are ' + formats.join(', '))
  }
  return (readers[format](content).match(/\S+/g) ?? []).length
}

/** Seconds it takes to read the content at a rate in words per minute. */
export function readingSeconds(content, { format = 'text', wordsPerMinute = DEFAULT_WORDS_PER_MINUTE } = {}) {
  if (!(wordsPerMinute > 0) || !Number.isFinite(wordsPerMinute)) {
    throw new RangeError('the rate must be more than 0 words per minute')
  }
  return (countWords(content, format) / wordsPerMinute) * 60
}
`}`

const rates = `for (const rate of [100, 265, 300, 1000]) {
  for (const count of [0, 1, 50, 2000]) {
    assert.equal(made.readingSeconds('word '.repeat(count), { wordsPerMinute: rate }), (count / rate) * 60)
  }
}`

const unsupported = `for (const format of ['pdf', 'docx', '', 'HTML', 'constructor']) {
  const isNamed = (error) => error instanceof TypeError && error.message.includes('format ' + format) && made.formats.every((one) => error.message.includes(one))
  assert.throws(() => made.countWords('some words', format), isNamed)
  assert.throws(() => made.readingSeconds('some words', { format }), isNamed)
}`

/** Reading time at a rate in words per minute, for plain text, HTML and Markdown. */
export const readingFunctions: CatalogueEntry = {
  key: 'reading-time',
  title: 'Reading time',
  source: (parameters) => source(parameters.perMinute ?? 200),
  names: [],
  parameters: {
    perMinute: /^the default (?:wpm|words[- ]per[- ]minute|reading) rate is (\d{2,4})(?: words per minute)?$/i,
  },
  testImports: '',
  rules: [
    {
      asks: /^the default (?:wpm|words[- ]per[- ]minute|reading) rate is (\d{2,4})(?: words per minute)?$/i,
      rule: 'default reading rate',
      says: 'the rate is the stated one unless another is given',
      body: (match, parameters) => {
        const rate = Number(match[1])
        if (rate !== parameters.perMinute) return null
        return `assert.equal(made.DEFAULT_WORDS_PER_MINUTE, ${rate})
assert.equal(made.readingSeconds('word '.repeat(${rate})), 60)
assert.equal(made.readingSeconds('word '.repeat(${rate * 3})), 180)
assert.equal(made.readingSeconds('word '.repeat(${rate}), { wordsPerMinute: ${rate * 2} }), 30)`
      },
    },
    {
      asks: /^estimat(?:ing|es|e) (?:the )?reading time based on (?:the )?content and a (?:specified|given) (?:wpm|words-per-minute) rate$/i,
      rule: 'reading time at a rate',
      says: 'reading time follows from the content and the given rate',
      body: () => rates,
    },
    {
      asks: /^(?:the tool should |must )?handles? different wpm rates, including the default rate$/i,
      rule: 'reading rates and the default',
      says: 'different rates and the default rate are handled',
      body: (_match, parameters) => {
        if (parameters.perMinute === undefined) return null
        return `${rates}\nassert.equal(made.readingSeconds('word '.repeat(${parameters.perMinute * 2})), 120)`
      },
    },
    {
      asks: /^ability to process three types of content: plain text, html,? and markdown$/i,
      rule: 'three formats',
      says: 'plain text, HTML and Markdown are processed',
      body: () => String.raw`const html = '<!doctype html><style>p { color: red }</style><h1>Five words</h1><p>in <b>bo</b>ld text</p><script>let no = 1</script>'
const markdown = '# Five words\n\n- in **bold** [text](http://localhost/not/counted)\n'
assert.equal(made.countWords('Five words in bold text'), 5)
assert.equal(made.countWords(html, 'html'), 5)
assert.equal(made.countWords(markdown, 'markdown'), 5)
assert.equal(made.countWords('a &amp; b&nbsp;c', 'html'), 4)
assert.deepEqual(made.formats, ['text', 'html', 'markdown'])
for (const [content, format] of [['Five words in bold text', 'text'], [html, 'html'], [markdown, 'markdown']]) {
  assert.equal(made.readingSeconds(content, { format, wordsPerMinute: 60 }), 5)
}`,
    },
    {
      asks: /^(?:appropriate exception handling|proper error handling and messages) for unsupported formats$/i,
      rule: 'unsupported format',
      says: 'an unsupported format throws an error that names it and the supported ones',
      body: () => unsupported,
    },
  ],
}
