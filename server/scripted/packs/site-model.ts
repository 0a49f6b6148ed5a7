import type { Source, SourceStatement } from '#server/scripted/packs/ports'
import { notNames, simplified } from '#server/scripted/packs/sentence'

interface Input {
  name: string
  required: boolean
}

export interface Page {
  /** "login", as in login.html */
  key: string
  title: string
  heading: string
  /** keys of pages it links to, with the words around the link */
  links: { to: string; lead: string }[]
  form: { name: string; inputs: Input[]; button: string | null } | null
  items: string[]
}

const inSection = /^(?:\d+[.)]\s*)?([a-z][a-z0-9]{0,20}) ?page$/i
const asSubject = /^the ([a-z][a-z0-9]{0,20}) page (.{3,300})$/i
const named = /^the (?:web)?site has the pages (.{3,200})$/i

/** The page a statement speaks of, and what it says about it. */
export function subjectOf(statement: SourceStatement): { key: string; says: string } | null {
  const line = simplified(statement)
  if (line === null) return null
  const subject = asSubject.exec(line)
  if (subject) return { key: (subject[1] ?? '').toLowerCase(), says: subject[2] ?? '' }
  const titles = statement.section.split(' > ').flatMap((title) => inSection.exec(title)?.[1] ?? [])
  const key = titles.at(-1)?.toLowerCase()
  return key === undefined ? null : { key, says: line }
}

/** Every page that has a section or a sentence of its own, in the order of the text. */
export function readPages(source: Source): Page[] {
  const keys = source.statements.flatMap((statement) => {
    const listed = named.exec(simplified(statement) ?? '')?.[1]
    if (listed) return pageNames(listed) ?? []
    return subjectOf(statement)?.key ?? []
  })
  const title = (key: string) => key.charAt(0).toUpperCase() + key.slice(1)
  return [...new Set(keys)].slice(0, 20).map((key) => {
    return { key, title: title(key), heading: title(key), links: [], form: null, items: [] }
  })
}

export function pageNames(list: string): string[] | null {
  const parts = list.split(/\s*,\s*(?:and )?|\s+and\s+/).map((part) => part.trim().replaceAll(/^["'`]|["'`]$/g, ''))
  return parts.every((part) => /^[a-z][a-z0-9]{0,20}$/i.test(part)) ? parts.map((part) => part.toLowerCase()) : null
}

export function fileOf(key: string): string {
  return key === 'home' ? 'index.html' : `${key}.html`
}

/** "firstName" → "First name": what a person reads on the label. */
export function labelOf(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Names of inputs as they are given; only a word's capital at the start of a sentence goes. Null if one is no name. */
export function inputNames(list: string): string[] | null {
  const parts = list
    .split(/\s*,\s*(?:and )?|\s+and\s+/)
    .map((part) => part.trim().replaceAll(/^["'`]|["'`]$/g, ''))
    .map((part) => part.charAt(0).toLowerCase() + part.slice(1))
  const isFine = (part: string) => /^[a-z][a-zA-Z0-9-]{0,30}$/.test(part) && !notNames.test(part)
  return parts.length <= 20 && parts.every(isFine) && new Set(parts).size === parts.length ? parts : null
}
