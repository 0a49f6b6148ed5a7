import type { Pack, Source, SourceStatement } from '#server/scripted/packs/ports'
import { type Claim, literal, simplified } from '#server/scripted/packs/sentence'
import { pageFile, siteTests, styleFile } from '#server/scripted/packs/site-files'
import {
  fileOf,
  inputNames,
  labelOf,
  type Page,
  pageNames,
  readPages,
  subjectOf,
} from '#server/scripted/packs/site-model'

/** Pages in plain HTML: headings, links, lists, forms with named and labelled fields. */
export const staticSite: Pack = {
  name: 'static-site',
  compile(source) {
    const pages = readPages(source)
    const matches = pages.length === 0 ? [] : matchesOf(source, pages)
    const claims = matches.flatMap(({ ref, match }) => {
      const body = match.render()
      return body === null ? [] : [{ ref, rule: match.rule, says: match.says, body }]
    })
    if (claims.length === 0) return null
    return {
      units: [unitOf(pages, claims)],
      covered: claims.map(({ ref, rule }) => ({ ref, rule })),
      summary: `Pages in plain HTML without a framework: ${pages.map((page) => fileOf(page.key)).join(', ')}.`,
    }
  },
}

interface Match {
  rule: string
  says: string
  /** null when another sentence contradicts this one */
  render(): string | null
}
type Rule = (says: string, page: Page, pages: Page[]) => Match | null

function matchesOf(source: Source, pages: Page[]): { ref: string; match: Match }[] {
  return source.statements.flatMap((statement) => {
    const match = siteMatch(statement, pages) ?? pageMatch(statement, pages)
    return match === null ? [] : [{ ref: statement.ref, match }]
  })
}

function pageMatch(statement: SourceStatement, pages: Page[]): Match | null {
  const subject = subjectOf(statement)
  const page = pages.find((one) => one.key === subject?.key)
  if (!subject || !page) return null
  for (const rule of rules) {
    const match = rule(subject.says, page, pages)
    if (match !== null) return match
  }
  return null
}

/** "The site has the pages home, about and contact." */
function siteMatch(statement: SourceStatement, pages: Page[]): Match | null {
  const listed = /^the (?:web)?site has the pages (.{3,200})$/i.exec(simplified(statement) ?? '')?.[1]
  const names = listed === undefined ? null : pageNames(listed)
  if (!names?.every((name) => pages.some((page) => page.key === name))) return null
  const render = () =>
    `for (const [file, title] of ${literal(names.map((name) => [fileOf(name), labelOf(name)]))}) assert.equal(textOf(only(all(page(file), 'title'))), title)`
  return { rule: 'pages', says: `the pages are there: ${names.join(', ')}`, render }
}

function open(page: Page): string {
  return `const root = page(${literal(fileOf(page.key))})`
}

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

/** "A form named form with two input fields with names "username" and "password"": these and no others. */
const namedForm: Rule = (says, page) => {
  const match =
    /^(?:has )?an? (?:form|from) named ["'`]?(?:form )?([a-z]{2,20})["'`]? (?:form )?with (\w{2,5}) input fields? with (?:the )?names? (.+)$/i.exec(
      says,
    )
  const names = inputNames(match?.[3] ?? '')
  if (!match || !names || numbers.indexOf((match[2] ?? '').toLowerCase()) !== names.length) return null
  const name = match[1] ?? ''
  addInputs(page, names)
  if (page.form) page.form.name = name
  const render = () => {
    if (page.form?.name !== name || page.form.inputs.length !== names.length) return null
    return `${open(page)}
const form = only(all(root, 'form').filter((one) => one.attributes.name === ${literal(name)}))
assert.deepEqual(all(form, 'input').map((input) => input.attributes.name).sort(), ${literal([...names].sort())})`
  }
  return { rule: 'form with named inputs', says: `${page.key}: the form has exactly its named inputs`, render }
}

function addInputs(page: Page, names: string[]) {
  page.form ??= { name: 'form', inputs: [], button: null }
  for (const name of names) {
    if (!page.form.inputs.some((input) => input.name === name)) page.form.inputs.push({ name, required: false })
  }
}

/** "Username and password fields." "Fields for firstName and lastName." "has a form with the fields name and email" */
const fields: Rule = (says, page) => {
  const match =
    /^has a form with the fields? ([^"]{2,120})$/i.exec(says) ??
    /^(?:has )?fields for ([^"]{2,120})$/i.exec(says) ??
    /^([^"]{2,120}) fields?$/i.exec(says)
  const names = inputNames(match?.[1] ?? '')
  if (!match || !names) return null
  addInputs(page, names)
  const render = () => `${open(page)}
const form = only(all(root, 'form'))
for (const [name, label] of ${literal(names.map((name) => [name, labelOf(name)]))}) {
  const input = only(all(form, 'input').filter((one) => one.attributes.name === name))
  assert.equal(labelOf(root, input), label)
}`
  return { rule: 'labelled fields', says: `${page.key}: the form has its labelled fields`, render }
}

/** "requires the fields name and email" */
const required: Rule = (says, page) => {
  const names = inputNames(/^requires the fields? (.{2,120})$/i.exec(says)?.[1] ?? '')
  if (!names) return null
  addInputs(page, names)
  for (const input of page.form?.inputs ?? []) input.required ||= names.includes(input.name)
  const render = () => `${open(page)}
for (const name of ${literal(names)}) {
  const input = only(all(root, 'input').filter((one) => one.attributes.name === name))
  assert.equal(input.attributes.required, '')
}`
  return { rule: 'required fields', says: `${page.key}: the fields are required`, render }
}

/** "Login button to submit credentials." 'has a button "Send"': a button that submits the form with the fields. */
const button: Rule = (says, page) => {
  const match =
    /^([A-Z][a-z]{2,20}) button to submit (?:credentials|details|the form)$/.exec(says) ??
    /^has an? (?:submit )?button ["'`]([\w ]{2,30})["'`]$/i.exec(says)
  const label = match?.[1]
  if (label === undefined) return null
  page.form ??= { name: 'form', inputs: [], button: null }
  page.form.button ??= label
  const render = () => {
    if (page.form?.button !== label || page.form.inputs.length === 0) return null
    return `${open(page)}
const form = only(all(root, 'form'))
const button = only(all(form, 'button'))
assert.equal(button.attributes.type, 'submit')
assert.equal(textOf(button).trim(), ${literal(label)})
assert.deepEqual(all(form, 'input').map((input) => input.attributes.name), ${literal(page.form.inputs.map((input) => input.name))})`
  }
  return { rule: 'submit button', says: `${page.key}: a button submits the form`, render }
}

/** "Link to the RegisterPage for new users." "links to the about page and the contact page" */
const links: Rule = (says, page, pages) => {
  const doc = /^link to the ([a-z][a-z0-9]{0,20}) ?page for (new|existing) users$/i.exec(says)
  const listed = /^(?:has a link|links) to (.{5,200})$/i.exec(says)?.[1]
  const parts = doc
    ? [doc[1] ?? '']
    : (listed?.split(/,? and |, /).map((part) => /^the ([a-z][a-z0-9]{0,20}) page$/i.exec(part)?.[1] ?? '') ?? [])
  const keys = parts.map((part) => part.toLowerCase())
  if (keys.length === 0 || !keys.every((key) => pages.some((one) => one.key === key))) return null
  const lead = doc ? `For ${doc[2]?.toLowerCase()} users: ` : ''
  for (const key of keys) if (!page.links.some((link) => link.to === key)) page.links.push({ to: key, lead })
  const render = () => `${open(page)}
for (const file of ${literal(keys.map(fileOf))}) {
  const link = only(all(root, 'a').filter((one) => one.attributes.href === file))
  assert.notEqual(textOf(link).trim(), '')
  page(file)
}${doc ? `\nassert.ok(all(root, 'p').some((one) => all(one, 'a').length === 1 && textOf(one).includes(${literal(lead.trim())})))` : ''}`
  return { rule: 'links between pages', says: `${page.key}: links to ${keys.join(', ')}`, render }
}

/** 'has the heading "Welcome"' */
const headings: Rule = (says, page) => {
  const text = /^has the (?:main )?heading ["`]([^"`]{1,120})["`]$/i.exec(says)?.[1]
  if (text === undefined) return null
  page.heading = text
  const render = () =>
    page.heading === text ? `${open(page)}\nassert.equal(textOf(only(all(root, 'h1'))), ${literal(text)})` : null
  return { rule: 'heading', says: `${page.key}: the main heading`, render }
}

/** 'lists "Bread", "Rolls" and "Cakes"' */
const lists: Rule = (says, page) => {
  const text = /^(?:lists|has a list of) (["`].{1,300}["`])$/i.exec(says)?.[1]
  const items = text
    ?.split(/\s*,\s*(?:and )?|\s+and\s+/)
    .map((part) => /^["`]([^"`]{1,80})["`]$/.exec(part)?.[1] ?? null)
  if (!items?.every((item) => item !== null) || page.items.length > 0) return null
  page.items = items
  const render = () => `${open(page)}
assert.deepEqual(all(only(all(root, 'ul')), 'li').map(textOf), ${literal(items)})`
  return { rule: 'list', says: `${page.key}: the list`, render }
}

const rules: Rule[] = [namedForm, fields, required, button, links, headings, lists]

function unitOf(pages: Page[], claims: Claim[]) {
  const refs = claims.map((claim) => claim.ref)
  const files = pages.map((page) => ({ path: `implementation/site/${fileOf(page.key)}`, text: pageFile(page, pages) }))
  return {
    key: 'site',
    title: 'Pages',
    kind: 'implement' as const,
    capability: 'code' as const,
    instructions: 'Write the pages as plain, accessible HTML without dependencies, and the tests that read them.',
    dependsOn: [],
    statements: refs,
    files: [
      ...files,
      { path: 'implementation/site/style.css', text: styleFile() },
      { path: 'tests/site.test.js', text: siteTests(claims, pages) },
    ],
    acceptance: [
      { id: 'A1', text: 'Every page holds what is stated.', command: 'node --test tests/site.test.js', proves: refs },
    ],
  }
}
