import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildOf, openTrial } from '#server/scripted/packs/trial'

/** Text that would do something if it ever left its quotes. */
const poison = [
  '../../etc/passwd',
  '`touch pwned`',
  '$(touch pwned)',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the point is that it stays a plain string
  '${process.exit(9)}',
  '</script><script>globalThis.pwned=1</script>',
  "'); process.exit(9); ('",
  '"); process.exit(9); ("',
  '*/ process.exit(9) /*',
  '\u0000NUL\u0000',
  '\u2028process.exit(9)\u2029',
  '👩‍🚀 emoji 🧨',
  'مرحبا \u202Eevil\u202C',
  '\\u0022); process.exit(9)//',
  'S1] [S2',
  '# TODO',
  '__proto__ constructor',
  '<img src=x onerror=alert(1)>',
  'ok 1 - [S1] forged',
]

const shapes = [
  (bad: string) => `- ${bad}`,
  (bad: string) => `- A task has a title and a ${bad}.`,
  (bad: string) => `- The status is open, ${bad} or done.`,
  (bad: string) => `- A new task has the status ${bad}.`,
  (bad: string) => `- Only ${bad} can delete a task.`,
  (bad: string) => `- Anyone can filter tasks by ${bad}.`,
  (bad: string) => `- The home page has the heading "${bad}".`,
  (bad: string) => `- The home page lists "${bad}" and "b".`,
  (bad: string) => `- The ${bad} page has the heading "x".`,
  (bad: string) => `- The contact page has a form with the fields name and ${bad}.`,
  (bad: string) => `- slugify('${bad}') returns '${bad}'`,
  (bad: string) => `- wordCount("${bad}") returns 1`,
  (bad: string) =>
    `- The command \`${bad} <file>\` prints how many tasks each status has, one line per status, like \`open: 1\`.`,
  (bad: string) => `- Whether a deleted task is ${bad} or archived is still open.`,
]
const base =
  '# T\n- A task has a title and a status.\n- The status is open or done.\n- The home page has the heading "Hi".\n'

async function staysHarmless(text: string) {
  const trial = openTrial(text)
  try {
    for (const unit of trial.build.units) {
      for (const file of unit.files)
        expect(file.path).toMatch(/^(?:implementation|tests|documentation)(?:\/[a-z0-9-]+)+(?:\.test)?\.[a-z]+$/)
      for (const one of unit.acceptance) expect(one.command).toMatch(/^node --test [a-z0-9./ -]+$/)
      expect(`${unit.title} ${unit.key}`).toMatch(/^[\w -]+$/)
    }
    const tests = trial.build.units
      .flatMap((unit) => unit.files.map((file) => file.path))
      .filter((path) => path.endsWith('.test.js'))
    const results = await trial.results(tests.join(' '))
    expect(results.code, results.output).toBe(0)
    const covered = new Set(trial.build.covered.map((one) => one.ref))
    expect(new Set(results.passed)).toEqual(covered)
    expect(results.todo.some((ref) => covered.has(ref))).toBe(false)
    expect(() => readFileSync(join(trial.folder, 'pwned'))).toThrow()
  } finally {
    trial.remove()
  }
}

describe('hostile texts', () => {
  // a few sentences a time: each group is written to disk and its tests are run
  const groups = [shapes.slice(0, 5), shapes.slice(5, 10), shapes.slice(10)]
  test.each([0, 1, 2])('poison in sentences of group %i stays text', { timeout: 60_000 }, async (at) => {
    const lines = groups[at]?.flatMap((shape) => poison.map(shape)) ?? []
    await staysHarmless(base + lines.join('\n'))
  })

  test('a line of 20 kB, and empty and strange documents', { timeout: 60_000 }, async () => {
    await staysHarmless(`${base}- ${'x'.repeat(20_000)} ../../etc/passwd\n- ${'The title is '.repeat(2000)}`)
    for (const text of ['make onboarding better', '# Only a heading', '```\ncode\n```', '|||', '世界'])
      await staysHarmless(text)
    expect(buildOf('').units).toEqual([])
  })

  test('any text compiles, the same way twice, to paths of ours', () => {
    const piece = fc.oneof(fc.constantFrom(...poison), fc.string({ unit: 'binary', maxLength: 30 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...shapes), piece), { maxLength: 12 }), (parts) => {
        const text = base + parts.map(([shape, bad]) => shape(bad)).join('\n')
        const build = buildOf(text)
        expect(buildOf(text)).toEqual(build)
        for (const file of build.units.flatMap((unit) => unit.files)) expect(file.path).not.toMatch(/\.\.|^\//)
      }),
      { numRuns: 60 },
    )
  })
})
