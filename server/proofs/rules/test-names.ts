/**
 * Names of the passing tests in TAP output (testanything.org, version 13 and 14) that are tagged with a statement:
 * `ok 3 - [S3] deleting an unknown task answers 404`. Todo and skipped tests prove nothing and are left out.
 */
export function testNames(tap: string, statementRef: string): string[] {
  const names: string[] = []
  for (const line of tap.split('\n')) {
    const match = /^\s*ok \d+ -? ?(.*)$/.exec(line)
    const name = match?.[1]?.trim()
    if (!name?.startsWith(`[${statementRef}]`)) continue
    if (/\s#\s*(todo|skip)\b/i.test(name)) continue
    names.push(name)
  }
  return names
}
