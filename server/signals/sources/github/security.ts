import type { Candidate, Severity, State } from '../../ports'
import {
  at,
  branchOf,
  commitOf,
  isMain,
  list,
  noFacts,
  plainLine,
  repositoryPaths,
  safeUrl,
  severityOf,
} from '../../rules/reading'
import { lines } from './builds'

const closing = new Set([
  'fixed',
  'closed_by_user',
  'dismissed',
  'auto_dismissed',
  'resolved',
  'resolve',
  'dismiss',
  'publicly_leaked_resolved',
  'validated_inactive',
  'withdrawn',
])

interface Found {
  event: string
  name: string
  what: string
  severity: Severity
  detail: string
  url: unknown
  number: string
  paths: unknown[]
  branch: string
  commit: string
}

function candidate(body: unknown, found: Found): Candidate {
  const action = plainLine(at(body, 'action'), 60)
  const over = ['dismissed', 'fixed', 'resolved', 'closed'].includes(plainLine(at(body, 'alert', 'state'), 40))
  const state: State = closing.has(action) || over ? 'resolved' : 'opened'
  const repository = plainLine(at(body, 'repository', 'full_name'), 140)
  const verb = action.replaceAll('_', ' ') || 'reported'
  return {
    topic: `github:${found.event}:${found.name}`,
    subject: `github:${repository}:${found.event}:${found.number || found.name}`,
    title: `${found.what} ${verb}: ${found.name}`,
    detail: found.detail,
    url: safeUrl(found.url) || safeUrl(at(body, 'repository', 'html_url')),
    groupKey: `github:${repository}:${found.event}`,
    facts: {
      ...noFacts,
      nature: 'security',
      state,
      severity: found.severity,
      event: found.event,
      action,
      main: isMain(found.branch, at(body, 'repository', 'default_branch')),
      branch: found.branch,
      commit: found.commit,
      paths: repositoryPaths(found.paths),
      account: plainLine(at(body, 'sender', 'login'), 100),
    },
  }
}

export function codeScanning(body: unknown): Candidate {
  const alert = at(body, 'alert')
  const rule = at(alert, 'rule')
  const instance = at(alert, 'most_recent_instance') ?? at(alert, 'instances', 0)
  return candidate(body, {
    event: 'code_scanning_alert',
    what: 'Code scanning alert',
    name: plainLine(at(rule, 'description') || at(rule, 'name') || at(rule, 'id'), 120) || 'a rule',
    severity: severityOf(at(rule, 'security_severity_level') ?? at(rule, 'severity')),
    detail: lines([
      ['', at(instance, 'message', 'text')],
      ['Rule', at(rule, 'id')],
      ['Tool', at(alert, 'tool', 'name')],
      ['Place', at(instance, 'location', 'path')],
      ['Dismissed because', at(alert, 'dismissed_reason')],
    ]),
    url: at(alert, 'html_url'),
    number: plainLine(at(alert, 'number'), 20),
    paths: [at(instance, 'location', 'path')],
    branch: branchOf(at(body, 'ref')),
    commit: commitOf(at(body, 'commit_oid')),
  })
}

export function dependabot(body: unknown): Candidate {
  const alert = at(body, 'alert')
  const advisory = at(alert, 'security_advisory')
  const name = plainLine(at(alert, 'dependency', 'package', 'name') ?? at(alert, 'affected_package_name'), 100)
  const fixed = at(alert, 'security_vulnerability', 'first_patched_version', 'identifier') ?? at(alert, 'fixed_in')
  return candidate(body, {
    event: 'dependabot_alert',
    what: 'Vulnerable dependency',
    name: name || 'a package',
    severity: severityOf(at(advisory, 'severity') ?? at(alert, 'severity')),
    detail: lines([
      ['', at(advisory, 'summary')],
      ['Advisory', at(advisory, 'ghsa_id') ?? at(alert, 'ghsa_id')],
      ['Affected', at(alert, 'security_vulnerability', 'vulnerable_version_range') ?? at(alert, 'affected_range')],
      ['Fixed in', fixed],
      ['Manifest', at(alert, 'dependency', 'manifest_path')],
      ['', at(advisory, 'description')],
    ]),
    url: at(alert, 'html_url'),
    number: plainLine(at(alert, 'number'), 20),
    paths: [at(alert, 'dependency', 'manifest_path')],
    branch: '',
    commit: '',
  })
}

/** The secret itself is never repeated: only its kind and where to look. */
export function secretScanning(body: unknown): Candidate {
  const alert = at(body, 'alert')
  return candidate(body, {
    event: 'secret_scanning_alert',
    what: 'Leaked secret',
    name: plainLine(at(alert, 'secret_type_display_name') ?? at(alert, 'secret_type'), 100) || 'unknown kind',
    severity: 'critical',
    detail: lines([
      ['State', at(alert, 'state')],
      ['Resolution', at(alert, 'resolution')],
      ['Push protection bypassed by', at(alert, 'push_protection_bypassed_by', 'login')],
    ]),
    url: at(alert, 'html_url'),
    number: plainLine(at(alert, 'number'), 20),
    paths: [],
    branch: '',
    commit: '',
  })
}

export function advisory(body: unknown): Candidate {
  const global = at(body, 'security_advisory') !== undefined
  const of = at(body, 'security_advisory') ?? at(body, 'repository_advisory')
  const id = plainLine(at(of, 'ghsa_id'), 60)
  const action = plainLine(at(body, 'action'), 60)
  const packages = list(at(of, 'vulnerabilities'), 10).map((entry) => plainLine(at(entry, 'package', 'name'), 60))
  const withdrawn = action === 'withdrawn'
  return {
    topic: `github:advisory:${packages[0] || id}`,
    subject: `github:advisory:${id}`,
    title: `Security advisory ${action || 'published'}: ${plainLine(at(of, 'summary'), 140) || id}`,
    detail: lines([
      ['Advisory', id],
      ['Packages', packages.filter(Boolean).join(', ')],
      ['', at(of, 'description')],
    ]),
    url: safeUrl(at(of, 'html_url')) || (/^GHSA-[a-z0-9-]+$/i.test(id) ? `https://github.com/advisories/${id}` : ''),
    groupKey: '',
    facts: {
      ...noFacts,
      nature: 'advisory',
      state: withdrawn ? 'resolved' : 'opened',
      severity: severityOf(at(of, 'severity')),
      event: global ? 'security_advisory' : 'repository_advisory',
      action,
      account: plainLine(at(body, 'sender', 'login'), 100),
    },
  }
}
