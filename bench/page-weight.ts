import type { Browser, Page } from 'playwright'
import { mintLink } from '#server/decisions/links'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { ensureDemoProject } from '#server/setup/commands'
import { ready } from '../e2e/fixtures'
import { submitSampleText, untilClosed, withBrowser, withProduct } from './product'
import { keep, printTable } from './report'

/** Kilobytes (1,000 bytes) of JavaScript a page may transfer with an empty cache. */
const BUDGETS = { plain: 145, shell: 235, requirement: 245, task: 250 }
const CSS_BUDGET = 20
const FONT_BUDGET = 90

interface Target {
  name: string
  path: string
  budget: number
  /** what somebody opens who is not signed in */
  signedOut?: boolean
}

interface Weight {
  script: number
  css: number
  font: number
  files: { url: string; kind: string; bytes: number }[]
}

const kilobytes = (bytes: number) => Math.round(bytes / 100) / 10

/** Whether pages that are only linked may be fetched in advance, as people's browsers do. */
type Prefetch = 'with prefetch' | 'without prefetch'

/** Opens an address with an empty cache and adds up what came over the wire. */
async function weigh(browser: Browser, person: Page | null, url: URL, prefetch: Prefetch): Promise<Weight> {
  const storageState = await person?.context().storageState()
  const context = await browser.newContext({ storageState, viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const protocol = await context.newCDPSession(page)
  await protocol.send('Network.enable')
  const kinds = new Map<string, { url: string; kind: string }>()
  const weight: Weight = { script: 0, css: 0, font: 0, files: [] }
  protocol.on('Network.responseReceived', ({ requestId, type, response }) => {
    kinds.set(requestId, { url: response.url, kind: type })
  })
  protocol.on('Network.loadingFinished', ({ requestId, encodedDataLength: bytes }) => {
    const known = kinds.get(requestId)
    if (!known) return
    if (known.kind === 'Script' || /\.js(\?|$)/.test(known.url)) weight.script += bytes
    else if (known.kind === 'Stylesheet') weight.css += bytes
    else if (known.kind === 'Font') weight.font += bytes
    else return
    weight.files.push({ url: new URL(known.url).pathname, kind: known.kind, bytes })
  })
  if (prefetch === 'without prefetch') {
    await page.route(
      ({ searchParams }) => searchParams.has('_rsc'),
      (route) => route.abort(),
    )
  }
  await page.goto(url.href)
  await ready(page)
  // Not "networkidle": the live stream never ends. What pages load late comes within this time after they are ready.
  await page.waitForTimeout(2_500)
  await context.close()
  return weight
}

/** A finished requirement and one that waits for an answer; the addresses of what they show. */
async function prepare(): Promise<Target[]> {
  const { scope, projectId } = await ensureDemoProject()
  const done = await submitSampleText(scope, projectId)
  await untilClosed(scope, done)
  const waiting = await submitSampleText(scope, projectId)
  let decision = null
  while (!decision) {
    decision = await database().decision.findFirst({ where: { requirementId: waiting, status: 'open' } })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const decisionId = decision.id
  const task = await database().task.findFirstOrThrow({ where: { requirementId: done }, orderBy: { ref: 'asc' } })
  const person = await database().user.findFirstOrThrow()
  const link = await transaction((tx) => mintLink(tx, scope, { decisionId, userId: person.id, channel: 'email' }))
  const project = `/projects/${projectId}`
  const requirement = `${project}/requirements/${done}`
  const { plain, shell } = BUDGETS
  return [
    { name: 'projects', path: '/projects', budget: shell },
    { name: 'project', path: project, budget: shell },
    { name: 'new requirement', path: `${project}/requirements/new`, budget: shell },
    { name: 'requirement, list', path: `${requirement}?view=list`, budget: BUDGETS.requirement },
    { name: 'requirement, graph', path: `${requirement}?view=graph`, budget: BUDGETS.requirement },
    { name: 'task, transcript', path: `${project}/tasks/${task.id}?tab=transcript`, budget: BUDGETS.task },
    { name: 'task, diff', path: `${project}/tasks/${task.id}?tab=diff`, budget: BUDGETS.task },
    { name: 'requirement, plan', path: `${requirement}/plan`, budget: BUDGETS.requirement },
    { name: 'signals', path: `${project}/signals`, budget: shell },
    { name: 'link to a decision', path: link, budget: plain, signedOut: true },
    { name: 'decision', path: `/decisions/${decisionId}`, budget: shell },
    { name: 'decisions', path: '/decisions', budget: shell },
    { name: 'agents', path: '/agents', budget: shell },
    { name: 'keys', path: '/settings/keys', budget: shell },
  ]
}

const weights: Record<string, Weight & { budget: number; withPrefetch: number }> = {}
await withProduct({}, async (product) => {
  await withBrowser(product, async (browser, signedIn) => {
    const add = async (target: Target, page: Page | null) => {
      const url = new URL(target.path, product.url)
      const { script: withPrefetch } = await weigh(browser, page, url, 'with prefetch')
      const own = await weigh(browser, page, url, 'without prefetch')
      weights[target.name] = { ...own, budget: target.budget, withPrefetch }
    }
    const setup = new URL(product.setupUrl ?? '/setup', product.url).pathname
    await add({ name: 'sign-in', path: '/sign-in', budget: BUDGETS.plain }, null)
    await add({ name: 'setup', path: setup, budget: BUDGETS.plain }, null)
    const page = await signedIn()
    await page.goto('about:blank')
    for (const target of await prepare()) await add(target, target.signedOut ? null : page)
  })
})

const rows = Object.entries(weights).map(([name, { script, css, font, budget, withPrefetch }]) => [
  name,
  kilobytes(script),
  budget,
  Math.round((script / 1000 / budget) * 100) / 100,
  kilobytes(withPrefetch),
  kilobytes(css),
  kilobytes(font),
  script / 1000 > budget || css / 1000 > CSS_BUDGET || font / 1000 > FONT_BUDGET ? 'OVER' : '',
])
printTable(
  'First visit, kB transferred (gzip, headers included), empty cache',
  ['page', 'JavaScript', 'budget', 'ratio', 'with prefetch', `CSS (${CSS_BUDGET})`, `fonts (${FONT_BUDGET})`, ''],
  rows,
)
keep('page-weight', weights)
