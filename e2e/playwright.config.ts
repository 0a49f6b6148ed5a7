import path from 'node:path'
import { defineConfig } from 'playwright/test'
import { findBrowser } from './browser.mjs'

// Found once; Playwright's workers load this file again and inherit the answer through the environment.
process.env.E2E_BROWSER ??= JSON.stringify(await findBrowser())
const { launch } = JSON.parse(process.env.E2E_BROWSER)

export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: path.resolve(import.meta.dirname, '../.data/test-reports/browser'),
  globalSetup: './global-setup.ts',
  workers: 1, // the specs share one running product
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
