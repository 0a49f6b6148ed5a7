import path from 'node:path'
import { defineConfig } from 'playwright/test'
import { findBrowser } from './browser.mjs'

// Found once; Playwright's workers load this file again and inherit the answer through the environment.
process.env.E2E_BROWSER ??= JSON.stringify(await findBrowser())
const { launch } = JSON.parse(process.env.E2E_BROWSER)

/** Specs that start a product of their own: each in a process of its own, whose environment nobody else has read. */
const ownProduct = ['ci-failure', 'killed', 'two-launchers']

export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: path.resolve(import.meta.dirname, '../.data/test-reports/browser'),
  globalSetup: './global-setup.ts',
  projects: [
    { name: 'shared', testIgnore: ownProduct.map((name) => `${name}.spec.ts`), workers: 1 },
    ...ownProduct.map((name) => ({ name, testMatch: `${name}.spec.ts` })),
  ],
  workers: 2, // one for the specs that share one running product, one for those with their own
  fullyParallel: false,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ...(process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [['json'] as ['json']] : [])],
  use: {
    baseURL: process.env.E2E_URL, // set by the global setup before any worker starts
    launchOptions: launch,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
})
