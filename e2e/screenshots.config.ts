import { defineConfig } from 'playwright/test'
import base from './playwright.config.ts'

/** `npm run screenshots`: not a test of anything; it walks through the product and makes the pictures of the documents. */
const projects = [{ name: 'pictures', testMatch: 'pictures.ts' }]
export default defineConfig({ ...base, projects, timeout: 600_000, reporter: [['list']] })
