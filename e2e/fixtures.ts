import { expect, type Page } from 'playwright/test'

/** The first owner, made by whichever spec runs first. */
export const owner = { name: 'Ana Owner', email: 'ana@example.org', password: 'a short sentence works well' }

/** Signs the owner in: through the one-time link the first time, with the password afterwards. Ends on the project. */
export async function enter(page: Page): Promise<void> {
  const link = process.env.E2E_SETUP_URL
  if (!link) throw new Error('E2E_SETUP_URL is missing: the product was not started by the global setup')
  await page.goto(link)
  const open = page.getByRole('heading', { level: 1, name: 'Set up your control room' })
  const used = page.getByRole('heading', { level: 1, name: 'This set-up link is not valid any more' })
  await expect(open.or(used)).toBeVisible()
  if (await open.isVisible()) await setUp(page)
  else await signIn(page)
}

export async function setUp(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Your name' }).fill(owner.name)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(owner.email)
  await page.getByLabel('Password').fill(owner.password)
  await page.getByRole('radio', { name: /Scripted demo/ }).check()
  await page.getByRole('button', { name: 'Create and open the project' }).click()
  await expect(page).toHaveURL(/\/projects\/[0-9a-f-]{36}$/)
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/sign-in')
  await page.getByRole('textbox', { name: 'E-mail' }).fill(owner.email)
  await page.getByLabel('Password').fill(owner.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Sign in')
  await page.goto('/projects')
  await page.locator('main a[href^="/projects/"]:not([href="/projects/new"])').first().click()
  await expect(page).toHaveURL(/\/projects\/[0-9a-f-]{36}$/)
}

/** `/projects/<id>` of the page that is open. */
export function projectPath(page: Page): string {
  const path = /\/projects\/[0-9a-f-]{36}/.exec(page.url())?.[0]
  if (!path) throw new Error(`no project is open at ${page.url()}`)
  return path
}

/** Changes something as the signed-in page does, for what a spec only needs to be there. What the procedure returned. */
export async function mutate(page: Page, path: string, input: object): Promise<Record<string, string>> {
  const answer = await page.request.post(`/api/trpc/${path}`, {
    headers: { origin: new URL(page.url()).origin, 'sec-fetch-site': 'same-origin' },
    data: { json: input },
  })
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200)
  return (await answer.json()).result.data.json
}

/** Makes a scripted project for one spec alone: unfinished work of others would keep its files. Its path. */
export async function ownProject(page: Page, name: string): Promise<string> {
  const { id } = await mutate(page, 'projects.create', { name: `${name} ${Date.now()}`, providerMode: 'scripted' })
  return `/projects/${id}`
}

/** A page that has shown what it has to show: data is there, and the browser may already be connected or not. */
export async function ready(page: Page): Promise<void> {
  await expect(page.getByRole('main')).toHaveAttribute('data-state', /^(ready|empty|denied)$/)
}

/** A page to which everything that happens from now on comes by itself. */
export async function live(page: Page): Promise<void> {
  await expect(page.locator('[data-connection="live"]').first()).toBeAttached({ timeout: 30_000 })
}

/** Submits the built-in sample from a project's new-requirement page; ends on the requirement. */
export async function submitSample(page: Page, project: string): Promise<string> {
  await page.goto(`${project}/requirements/new`)
  await page.getByRole('button', { name: 'Run the sample requirement' }).click()
  await expect(page).toHaveURL(/\/requirements\/[0-9a-f-]{36}$/)
  return new URL(page.url()).pathname
}

/** Waits until the requirement asks something; the address of the decision. */
export async function openQuestion(page: Page, requirement: string): Promise<string> {
  await page.goto(requirement)
  const answer = page.getByRole('region', { name: 'Needs you' }).getByRole('link', { name: /^Answer: / })
  try {
    await expect(answer.first()).toBeVisible({ timeout: 120_000 })
  } catch (cause) {
    // Whether the page or the engine stood still is all that matters here, and a hosted run keeps no pictures.
    const seen = await page.locator('body').ariaSnapshot()
    const connections = await page
      .locator('[data-connection]')
      .evaluateAll((all) => all.map((one) => one.dataset.connection))
    throw new Error(`nothing is asked; the page's connection is ${connections}, and it shows:\n${seen}`, { cause })
  }
  return (await answer.first().getAttribute('href')) ?? ''
}

/** Answers what the requirement asks next with the recommended option, on the page a link in a message opens. */
export async function answerNext(page: Page, requirement: string): Promise<void> {
  await page.goto(await openQuestion(page, requirement))
  await page.getByRole('button', { name: 'Send answer' }).click()
  await expect(page.getByRole('region', { name: 'Answer' })).toContainText('Answered')
}
