import type { Source } from '#server/scripted/packs/ports'
import { type Claim, simplified } from '#server/scripted/packs/sentence'

const noDependencies = [
  /^no (?:external|third-party|other) (?:dependencies|packages|libraries)(?: are (?:required|needed|used|allowed))?(?: for the core functionality)?$/i,
  /^(?:it|everything|the (?:api|tool|program|application|software|code)) (?:must |should )?(?:runs?|works?) (?:on|with) node(?:\.js)? alone,? without (?:any )?(?:external |third-party |other )?(?:packages|dependencies)$/i,
  /^(?:it|everything|the (?:api|tool|program|application|software|code)) (?:must have|has|uses) no (?:external |third-party )?(?:dependencies|packages)$/i,
]

/** Constraints that a test of the finished files can show. Every other constraint stays a question. */
export function constraintClaims(source: Source): Claim[] {
  return source.statements.flatMap((statement) => {
    const line = simplified(statement)
    if (line === null || !noDependencies.some((pattern) => pattern.test(line))) return []
    return [
      {
        ref: statement.ref,
        rule: 'no dependencies',
        says: 'the code imports nothing but itself and Node',
        body: importsBody,
      },
    ]
  })
}

const importsBody = String.raw`const files = readdirSync('implementation', { recursive: true }).map(String).filter((name) => /\.(?:js|mjs|cjs)$/.test(name))
assert.ok(files.length > 0)
const specifier = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(['"])([^'"\n]+)\1/g
for (const name of files) {
  for (const [, , target] of readFileSync('implementation/' + name, 'utf8').matchAll(specifier)) {
    assert.match(target, /^(?:node:|\.{1,2}\/)/, name + ' imports ' + target)
  }
}
const about = JSON.parse(readFileSync('implementation/package.json', 'utf8'))
for (const key of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundledDependencies']) {
  assert.equal(about[key], undefined)
}`
