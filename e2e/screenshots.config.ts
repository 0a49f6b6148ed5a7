import { defineConfig } from 'playwright/test'
import base from './playwright.config.ts'

/** `npm run screenshots`: not a test of anything; it walks through the product and makes the pictures of the documents. */
export default defineConfig({ ...base, testMatch: 'pictures.ts', timeout: 600_000, reporter: [['list']] })
