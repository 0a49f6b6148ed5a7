import { z } from 'zod'
import type { Candidate, Finding, Severity, ToolFindings } from '../ports'
import { noFacts, plainLine, plainText, repositoryPaths } from './reading'

/** What we read of SARIF 2.1.0; everything else is left lying. Sizes are caps, not the standard's. */
const text = z.object({ text: z.string().max(20_000).optional() }).catch({})
const location = z.object({
  physicalLocation: z
    .object({
      artifactLocation: z.object({ uri: z.string().max(2_000).optional() }).optional(),
      region: z
        .object({ startLine: z.number().int().positive().optional(), snippet: text.optional() })
        .optional()
        .catch(undefined),
    })
    .optional(),
})
const rule = z.object({
  id: z.string().max(500),
  name: z.string().max(500).optional(),
  shortDescription: text.optional(),
  defaultConfiguration: z
    .object({ level: z.string().max(20).optional() })
    .optional()
    .catch(undefined),
  properties: z
    .object({ 'security-severity': z.union([z.string().max(20), z.number()]).optional() })
    .optional()
    .catch(undefined),
})
const result = z.object({
  ruleId: z.string().max(500).optional(),
  ruleIndex: z.number().int().nonnegative().optional(),
  rule: z.object({ id: z.string().max(500).optional(), index: z.number().int().nonnegative().optional() }).optional(),
  level: z.string().max(20).optional(),
  message: text,
  locations: z.array(location).max(100).optional().catch([]),
  partialFingerprints: z.record(z.string(), z.string().max(500)).optional().catch(undefined),
  suppressions: z.array(z.unknown()).max(100).nullish().catch(undefined),
  baselineState: z.string().max(20).optional(),
})
const sarifSchema = z.object({
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.object({
        tool: z.object({
          driver: z.object({ name: z.string().min(1).max(200), rules: z.array(rule).max(10_000).optional() }),
        }),
        results: z.array(result).max(25_000).nullish(),
      }),
    )
    .max(20),
})

type Level = Finding['level']

type SarifRule = z.infer<typeof rule>
type SarifResult = z.infer<typeof result>

function severity(of: SarifRule | undefined, level: Level): Severity {
  const score = Number(of?.properties?.['security-severity'])
  if (!Number.isFinite(score) || score <= 0) return level === 'error' ? 'high' : level === 'warning' ? 'medium' : 'low'
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low'
}

function finding(found: SarifResult, rules: readonly SarifRule[]): Finding | null {
  const index = found.ruleIndex ?? found.rule?.index
  const ruleId =
    plainLine(found.ruleId ?? found.rule?.id ?? (index === undefined ? '' : rules[index]?.id), 200) || 'unnamed'
  const of = (index === undefined ? undefined : rules[index]) ?? rules.find((entry) => entry.id === ruleId)
  const said = found.level ?? of?.defaultConfiguration?.level ?? 'warning'
  // Accepted by the team where the tool runs, or nothing to see: no finding of ours.
  if ((found.suppressions ?? []).length > 0 || said === 'none') return null
  const level: Level = said === 'error' ? 'error' : said === 'note' ? 'note' : 'warning'
  const place = found.locations?.[0]?.physicalLocation
  const [path = ''] = repositoryPaths([place?.artifactLocation?.uri ?? ''])
  const line = place?.region?.startLine ?? null
  const message = plainLine(found.message.text ?? of?.shortDescription?.text ?? of?.name ?? ruleId, 300)
  return {
    key: keyOf(found, { ruleId, path, message }),
    ruleId,
    level,
    severity: severity(of, level),
    message,
    path,
    line,
  }
}

/** What stays the same when lines move: the tool's own fingerprint, else the code of the line, else the message. */
function keyOf(found: SarifResult, of: { ruleId: string; path: string; message: string }): string {
  const own = Object.entries(found.partialFingerprints ?? {}).sort(([one], [other]) => (one < other ? -1 : 1))[0]
  if (own) return plainLine(`${of.ruleId}|${own[0]}|${own[1]}`, 400)
  const snippet = found.locations?.[0]?.physicalLocation?.region?.snippet?.text ?? ''
  return plainLine(`${of.ruleId}|${of.path}|${snippet.replace(/\s+/g, '') || of.message}`, 400)
}

/** Different findings in one upload: more could not be written down in the time a transaction has. */
const MOST_FINDINGS = 50_000

/** The findings of each tool, once each. A body of another shape, or with too many, gives null. */
export function readSarif(body: unknown): ToolFindings[] | null {
  const parsed = sarifSchema.safeParse(body)
  if (!parsed.success) return null
  const tools = new Map<string, Map<string, Finding>>()
  for (const run of parsed.data.runs) {
    const name = plainLine(run.tool.driver.name, 100) || 'Scanner'
    const findings = tools.get(name) ?? new Map<string, Finding>()
    for (const one of run.results ?? []) {
      const found = finding(one, run.tool.driver.rules ?? [])
      if (found && !findings.has(found.key)) findings.set(found.key, found)
    }
    tools.set(name, findings)
  }
  const found = [...tools].map(([tool, findings]) => ({ tool, findings: [...findings.values()] }))
  return found.reduce((sum, { findings }) => sum + findings.length, 0) > MOST_FINDINGS ? null : found
}

export interface FindingChange {
  added: Finding[]
  fixed: string[]
  unchanged: Finding[]
}

/** What is new, fixed and unchanged against the keys that were open after the upload before. */
export function compareFindings(openKeys: ReadonlySet<string>, found: readonly Finding[]): FindingChange {
  const keys = new Set(found.map((one) => one.key))
  return {
    added: found.filter((one) => !openKeys.has(one.key)),
    unchanged: found.filter((one) => openKeys.has(one.key)),
    fixed: [...openKeys].filter((key) => !keys.has(key)),
  }
}

const order: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'none']
const worst = (findings: readonly Finding[]): Severity =>
  order.find((severity) => findings.some((one) => one.severity === severity)) ?? 'none'
const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`

/** One signal for each tool: what this upload changed, the worst first. */
export function findingCandidate(tool: string, change: FindingChange): Candidate {
  const { added, fixed, unchanged } = change
  const sorted = [...added].sort((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity))
  const none = added.length === 0 && unchanged.length === 0
  return {
    topic: `sarif:${tool}`,
    subject: `sarif:${tool}`,
    title: none
      ? `${tool}: nothing is found any more`
      : `${tool}: ${counted(added.length, 'new finding')}, ${fixed.length} fixed, ${unchanged.length} unchanged`,
    detail: plainText(
      sorted
        .slice(0, 20)
        .map(
          (one) =>
            `${one.severity} ${one.ruleId}${one.path ? ` in ${one.path}${one.line ? `:${one.line}` : ''}` : ''}: ${one.message}`,
        )
        .concat(sorted.length > 20 ? [`… and ${sorted.length - 20} more`] : [])
        .join('\n'),
      4_000,
    ),
    url: '',
    groupKey: '',
    facts: {
      ...noFacts,
      nature: 'finding',
      state: none ? 'resolved' : added.length > 0 ? 'opened' : 'changed',
      severity: worst(added),
      event: 'sarif',
      main: true,
      paths: repositoryPaths(
        sorted.map((one) => one.path),
        50,
      ),
    },
  }
}
