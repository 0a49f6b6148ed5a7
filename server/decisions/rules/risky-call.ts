/** What makes an agent's step one that a person may want to see first. */
export interface Risk {
  /** pipeline | dependencies | deployment | secrets | foreign-file | history */
  kind: string
  /** completes "It would …": change the pipeline (.github/workflows/ci.yml) */
  would: string
}

/** Files by what depends on them. Matched against a path's end, in any folder. */
const files: [kind: string, what: string, pattern: RegExp][] = [
  [
    'pipeline',
    'change the pipeline',
    /(^|\/)(\.github\/(workflows|actions)\/|\.gitlab-ci\.yml$|Jenkinsfile|\.circleci\/|\.ci\/|azure-pipelines\.yml$|\.buildkite\/)/,
  ],
  [
    'dependencies',
    'change dependencies',
    /(^|\/)(package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|\.npmrc|requirements[^/]*\.txt|pyproject\.toml|poetry\.lock|Pipfile(\.lock)?|go\.(mod|sum)|Cargo\.(toml|lock)|Gemfile(\.lock)?|pom\.xml|build\.gradle(\.kts)?|composer\.(json|lock))$/,
  ],
  [
    'deployment',
    'change deployment',
    /(^|\/)(Dockerfile[^/]*|docker-compose[^/]*\.ya?ml|compose\.ya?ml|[^/]*\.tf|helm\/|charts\/|k8s\/|kubernetes\/|deploy(ment)?\/|terraform\/|Procfile$|fly\.toml$|vercel\.json$)/,
  ],
  [
    'secrets',
    'touch a file that holds secrets',
    /(^|\/)(\.env(\.[^/]+)?|[^/]*\.pem|[^/]*\.key|id_(rsa|ed25519)|\.netrc|credentials[^/]*)$/,
  ],
]

/** Commands by what they do, wherever they stand in the line. */
const commands: [kind: string, would: string, pattern: RegExp][] = [
  [
    'dependencies',
    'install or remove packages',
    /\b(npm|pnpm|yarn|bun)\s+(i|install|add|remove|rm|uninstall|update|upgrade)\s+[^-\s&|;]|\b(pip3?|poetry|uv)\s+(install|add|remove)\b|\bgo\s+get\b|\bcargo\s+(add|remove|install)\b|\bgem\s+install\b|\bapt(-get)?\s+install\b/,
  ],
  [
    'deployment',
    'deploy or publish',
    /\b(npm|pnpm|yarn)\s+publish\b|\bdocker\s+(push|login)\b|\bkubectl\s+(apply|delete|rollout|scale)\b|\bhelm\s+(install|upgrade|uninstall)\b|\bterraform\s+(apply|destroy)\b|\b(fly|vercel|netlify|serverless|cdk)\s+deploy\b/,
  ],
  ['history', 'rewrite or push history', /\bgit\s+(push|rebase|reset\s+--hard|filter-branch|clean\s+-[a-z]*f)\b/],
]

/** Words of a command that change files, so that a risky path in it counts; reading one does not. */
const writing = />|\b(tee|sed\s+-i|cp|mv|rm|touch|ln|chmod|chown|truncate|dd|patch|install)\b/

function fileRisk(path: string): Risk | null {
  const clean = path.replaceAll('\\', '/').replace(/^(\.\/)+/, '')
  const match = files.find(([, , pattern]) => pattern.test(clean))
  return match ? { kind: match[0], would: `${match[1]} (${clean.slice(0, 120)})` } : null
}

/**
 * Why a person should see this call first, or null. Looks at what is asked for, not at what a shell makes of it: it is
 * a reason to ask, never the boundary; that is the sandbox.
 * @param isOwned whether the task may change this path; null when it may change any
 */
export function riskOf(name: string, input: unknown, isOwned: ((path: string) => boolean) | null): Risk | null {
  const { path, command } = (input ?? {}) as { path?: unknown; command?: unknown }
  if ((name === 'write_file' || name === 'patch_file') && typeof path === 'string') {
    const risk = fileRisk(path)
    if (risk) return risk
    return isOwned && !isOwned(path)
      ? { kind: 'foreign-file', would: `change a file the task does not own (${path.slice(0, 120)})` }
      : null
  }
  return name === 'run_command' && typeof command === 'string' ? commandRisk(command) : null
}

function commandRisk(command: string): Risk | null {
  const match = commands.find(([, , pattern]) => pattern.test(command))
  if (match) return { kind: match[0], would: `${match[1]} (${command.slice(0, 120)})` }
  if (!writing.test(command)) return null
  for (const word of command.split(/[\s"'`;|&<>()=]+/)) {
    const risk = word ? fileRisk(word) : null
    if (risk) return risk
  }
  return null
}
