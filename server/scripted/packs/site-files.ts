import { type Claim, taggedTest } from '#server/scripted/packs/sentence'
import { fileOf, labelOf, type Page } from '#server/scripted/packs/site-model'

function escaped(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replaceAll(/[&<>"]/g, (sign) => signs[sign] ?? sign)
}

/** A page that stands for itself: headings in order, every input labelled, readable without its style sheet. */
export function pageFile(page: Page, pages: Page[]): string {
  const titleOf = (key: string) => pages.find((one) => one.key === key)?.title ?? key
  const links = page.links.map(
    ({ to, lead }) => `      <p>${escaped(lead)}<a href="${fileOf(to)}">${escaped(titleOf(to))}</a></p>`,
  )
  const items = page.items.map((item) => `        <li>${escaped(item)}</li>`)
  const list = items.length > 0 ? ['      <ul>', ...items, '      </ul>'] : []
  const main = [`      <h1>${escaped(page.heading)}</h1>`, ...list, ...formLines(page), ...links]
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escaped(page.title)}</title>
    <link rel="stylesheet" href="style.css">
  </head>
  <body>
    <main>
${main.join('\n')}
    </main>
  </body>
</html>
`
}

function formLines({ form, key }: Page): string[] {
  if (!form) return []
  const inputs = form.inputs.flatMap(({ name, required }) => {
    const type = /^password$/i.test(name) ? 'password' : /^e-?mail$/i.test(name) ? 'email' : 'text'
    const id = `${key}-${name}`
    return [
      `        <label for="${id}">${escaped(labelOf(name))}</label>`,
      `        <input id="${id}" name="${name}" type="${type}"${required ? ' required' : ''}>`,
    ]
  })
  const button = form.button === null ? [] : [`        <button type="submit">${escaped(form.button)}</button>`]
  return [`      <form name="${form.name}" method="post">`, ...inputs, ...button, '      </form>']
}

export function styleFile(): string {
  return `:root {
  color-scheme: light dark;
}

body {
  margin: 0;
  font: 1rem/1.5 system-ui, sans-serif;
}

main {
  max-width: 40rem;
  margin: 0 auto;
  padding: 1rem;
}

label,
input {
  display: block;
}

input,
button {
  min-height: 2.75rem;
  margin: 0.25rem 0 1rem;
  font: inherit;
}

input {
  width: 100%;
  box-sizing: border-box;
}
`
}

/** The tests read the pages with a small parser of their own, so that they depend on nothing. */
export function siteTests(claims: Claim[], pages: Page[]): string {
  const files = pages.map((page) => fileOf(page.key))
  return `import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const files = ${JSON.stringify(files)}
${String.raw`
const alone = new Set(['meta', 'link', 'input', 'br', 'img', 'hr'])

/** A page as a tree of { tag, attributes, children }; texts are plain strings. */
function page(file) {
  const html = readFileSync('implementation/site/' + file, 'utf8')
  const root = { tag: '', attributes: {}, children: [] }
  const open = [root]
  for (const [token] of html.matchAll(/<[^<>]*>|[^<]+/g)) {
    const tag = /^<\/?([a-z0-9]+)/i.exec(token)?.[1].toLowerCase()
    if (!token.startsWith('<')) open.at(-1).children.push(plain(token))
    else if (tag === undefined) continue
    else if (token.startsWith('</')) {
      assert.equal(open.at(-1).tag, tag, file + ': ' + tag + ' is closed in the wrong place')
      open.pop()
    } else {
      const attributes = {}
      for (const [, name, value] of token.slice(tag.length + 1).matchAll(/([a-z-]+)(?:="([^"]*)")?/g)) attributes[name] = plain(value ?? '')
      const node = { tag, attributes, children: [] }
      open.at(-1).children.push(node)
      if (!alone.has(tag)) open.push(node)
    }
  }
  assert.deepEqual(open, [root])
  return root
}

function plain(text) {
  const signs = { lt: '<', gt: '>', quot: '"', amp: '&' }
  return text.replace(/&(lt|gt|quot|amp);/g, (_all, name) => signs[name])
}

function all(node, tag) {
  if (typeof node === 'string') return []
  return [...(node.tag === tag ? [node] : []), ...node.children.flatMap((child) => all(child, tag))]
}

function textOf(node) {
  return (typeof node === 'string' ? node : node.children.map(textOf).join('')).replace(/\s+/g, ' ')
}

function only(nodes) {
  assert.equal(nodes.length, 1)
  return nodes[0]
}

/** Every input has a label of its own with words in it. */
function labelOf(root, input) {
  const label = only(all(root, 'label').filter((one) => one.attributes.for === input.attributes.id))
  assert.notEqual(textOf(label).trim(), '')
  return textOf(label).trim()
}

test('every page is whole: language, title, one main heading, links that lead somewhere, labelled inputs', () => {
  for (const file of files) {
    const root = page(file)
    assert.equal(only(all(root, 'html')).attributes.lang, 'en')
    assert.notEqual(textOf(only(all(root, 'title'))).trim(), '')
    assert.notEqual(textOf(only(all(root, 'h1'))).trim(), '')
    for (const link of all(root, 'a')) assert.ok(existsSync('implementation/site/' + link.attributes.href))
    for (const input of all(root, 'input')) labelOf(root, input)
    const ids = all(root, 'input').map((input) => input.attributes.id)
    assert.equal(new Set(ids).size, ids.length)
  }
})
`}
${claims.map(taggedTest).join('\n')}`
}
