import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_STATEMENTS, splitStatements, titleOf } from '#server/requirements/rules/statements'

const short = (text: string) => splitStatements(text).map(({ kind, section, text: words }) => [kind, section, words])

describe('what becomes a statement', () => {
  const cases: [string, string, string[][]][] = [
    ['a plain wish', 'make onboarding better', [['behaviour', '', 'make onboarding better']]],
    [
      'two sentences of a wrapped bullet',
      '## Features\n- Reads text\n  slowly. The rate is 200.',
      [
        ['behaviour', 'Features', 'Reads text slowly.'],
        ['behaviour', 'Features', 'The rate is 200.'],
      ],
    ],
    [
      'nested items stand under their parent',
      '# Features\n- **Parsing:**\n  - Reads files.\n  - Knows delimiters.\n- Writes files.',
      [
        ['behaviour', 'Features > Parsing', 'Reads files.'],
        ['behaviour', 'Features > Parsing', 'Knows delimiters.'],
        ['behaviour', 'Features', 'Writes files.'],
      ],
    ],
    [
      'a fragment is joined with its parent',
      '- A form with two fields:\n  - username\n  - password',
      [
        ['behaviour', 'A form with two fields', 'A form with two fields: username'],
        ['behaviour', 'A form with two fields', 'A form with two fields: password'],
      ],
    ],
    [
      'a short numbered item above others is a heading in all but form',
      '1. `IdWorker`\n\n    - Makes many ids.\n2. Second item that says something.',
      [
        ['behaviour', '`IdWorker`', 'Makes many ids.'],
        ['behaviour', '', 'Second item that says something.'],
      ],
    ],
    [
      'a user story',
      'As a lead, I want to delete tasks\nso that the board stays short.',
      [['behaviour', '', 'As a lead, I want to delete tasks so that the board stays short.']],
    ],
    [
      'Given, When, Then are one',
      'Feature: Sum\nScenario: small\n  Given two numbers\n  When they are added\n  Then the sum is shown\n\nMore follows here.',
      [
        ['behaviour', 'Sum > small', 'Given two numbers\nWhen they are added\nThen the sum is shown'],
        ['behaviour', 'Sum > small', 'More follows here.'],
      ],
    ],
    [
      'a sentence that begins with When is prose',
      '# Rules\n- When it rains, it pours.',
      [['behaviour', 'Rules', 'When it rains, it pours.']],
    ],
    [
      'code belongs to the sentence before',
      '# Usage of it\nRun this must work:\n```sh\nnpm start\n```\nThen it should listen.',
      [
        ['context', 'Usage of it', 'Run this must work:\nnpm start'],
        ['behaviour', 'Usage of it', 'Then it should listen.'],
      ],
    ],
    [
      'a table row each',
      '# Rules\n| Field | Rule |\n|---|---|\n| title | required |\n| due | a date |',
      [
        ['context', 'Rules', 'Field | Rule'],
        ['behaviour', 'Rules', 'title | required'],
        ['behaviour', 'Rules', 'due | a date'],
      ],
    ],
    [
      'Chinese',
      '# 功能\n- 用户可以登录。系统发送邮件。',
      [
        ['behaviour', '功能', '用户可以登录。'],
        ['behaviour', '功能', '系统发送邮件。'],
      ],
    ],
    [
      'Arabic',
      'يجب أن يعمل النظام. هل هذا واضح؟',
      [
        ['behaviour', '', 'يجب أن يعمل النظام.'],
        ['behaviour', '', 'هل هذا واضح؟'],
      ],
    ],
    [
      'short forms end no sentence',
      'Users can ask Dr. Smith, e.g. Monday.',
      [['behaviour', '', 'Users can ask Dr. Smith, e.g. Monday.']],
    ],
    [
      'an example behind a blank line',
      '# Output format\nEach line has an id, for example:\n\nA: 1',
      [['behaviour', 'Output format', 'Each line has an id, for example: A: 1']],
    ],
  ]
  test.each(cases)('%s', (_name, text, expected) => expect(short(text)).toEqual(expected))
})

describe('the kind of a statement', () => {
  const cases: [string, string, string][] = [
    ['# Goals\n- It must be fast.\n# F\n- x y z w', 'It must be fast.', 'context'],
    ['# A\n- Only leads may delete tasks.', 'Only leads may delete tasks.', 'behaviour'],
    ["# A\n- Two tasks can't have the same title.", "Two tasks can't have the same title.", 'behaviour'],
    ['# A\n- The tool must be written in Python.', 'The tool must be written in Python.', 'constraint'],
    ['# A\n- No external dependencies are needed.', 'No external dependencies are needed.', 'constraint'],
    ['# A\n- Data must never leave the machine.', 'Data must never leave the machine.', 'constraint'],
    ['# A\n- It should load within 3 seconds.', 'It should load within 3 seconds.', 'quality'],
    ['# A\n- Tests reach 95% coverage.', 'Tests reach 95% coverage.', 'quality'],
    ['# Technical Constraints\n- Runs anywhere.', 'Runs anywhere.', 'constraint'],
    ['# A\n- **Purpose:** Log in.\n- Users can log in.', 'Purpose: Log in.', 'context'],
    ['# Board\nWe like boards.\n## Tasks\n- A user can add a task.', 'We like boards.', 'context'],
    ['# Board\nUsers can add tasks.\n## Later\n- More of it.', 'Users can add tasks.', 'behaviour'],
  ]
  test.each(cases)('%j', (document, text, kind) => {
    expect(splitStatements(document).find((one) => one.text === text)?.kind).toBe(kind)
  })

  test('a text that asks for nothing counts as a wish as a whole', () => {
    expect(short('# Overview\nThis document is about boats.').map(([kind]) => kind)).toEqual(['behaviour'])
    expect(short('# Just a heading').map(([kind]) => kind)).toEqual(['behaviour'])
  })
})

describe('for any text', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '```',
      '# H',
      '- a:',
      '  - b',
      '| a | b |',
      '|---|',
      'Given x',
      'Then y',
      '---',
      '> q',
      '1. z',
      '\t- t',
      '**b**',
    ),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
  )
  const document = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n'))

  test('refs count up, the same text gives the same statements, and only blank text gives none', () => {
    fc.assert(
      fc.property(document, (text) => {
        const found = splitStatements(text)
        expect(found).toEqual(splitStatements(text))
        expect(found.map((one) => one.ref)).toEqual(found.map((_, at) => `S${at + 1}`))
        expect(found.every((one) => one.text.trim() !== '')).toBe(true)
        expect(found.length > 0).toBe(text.replaceAll('\uFEFF', '').trim() !== '')
        if (found.length > 0) expect(found.some((one) => one.kind !== 'context')).toBe(true)
        expect(titleOf(text).length).toBeLessThanOrEqual(80)
      }),
    )
  })

  test('no word of a heading, an item or a paragraph is lost', () => {
    const word = fc.stringMatching(/^[a-zA-Zé世界]{1,8}$/)
    const sentence = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '))
    const form = fc.constantFrom('', '# ', '### ', '- ', '  - ', '    * ', '1. ', '\n')
    const end = fc.constantFrom('', '.', ':', '?')
    const lines = fc.array(fc.tuple(form, sentence, end), { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(lines, (parts) => {
        const text = parts.map((part) => part.join('')).join('\n')
        const kept = splitStatements(text)
          .map((one) => `${one.section} ${one.text}`)
          .join(' ')
        for (const [, words] of parts) for (const one of words.split(' ')) expect(kept).toContain(one)
      }),
    )
  })
})

describe('size', () => {
  test('what follows the 2,000th statement is merged into it', () => {
    const found = splitStatements(Array.from({ length: 2500 }, (_, at) => `- It can do number ${at}.`).join('\n'))
    expect(found).toHaveLength(MAX_STATEMENTS)
    expect(found.at(-1)?.text.split('\n')).toHaveLength(501)
    expect(found.at(-1)?.text).toContain('number 2499')
    expect(found.at(-1)?.kind).toBe('behaviour')
  })

  const million = 1_000_000
  const repeat = (text: string) => text.repeat(Math.floor(million / text.length))
  test.each([
    ['one word', repeat('a')],
    ['short sentences', repeat('Hello there. ')],
    ['CJK', repeat('你好。世界！')],
    ['bullets', repeat('- a b\n')],
    ['stars', repeat('**a')],
    ['hashes', repeat('#')],
    ['blanks', `${repeat(' ')}x`],
    ['pipes', repeat('|')],
    ['fences', repeat('```\n')],
    ['steps', repeat('Given a\n')],
    ['open brackets', repeat('(')],
    ['headings', repeat('## a\n# b\n')],
    ['deep nesting', Array.from({ length: 1400 }, (_, at) => `${' '.repeat(at)}- x:`).join('\n')],
  ])('a megabyte of %s is split and loses nothing of its end', { timeout: 60_000 }, (_name, text) => {
    const found = splitStatements(`${text}\n\nLastword`)
    expect(found.length).toBeLessThanOrEqual(MAX_STATEMENTS)
    expect(found.at(-1)?.text).toContain('Lastword')
  })
})

describe('the title', () => {
  test.each([
    ['# Task board\n\ntext', 'Task board'],
    ['# Introduction\nThe Hone project converts files. More.', 'The Hone project converts files.'],
    ['make it better', 'make it better'],
    ['', 'Untitled requirement'],
    ['```\ncode only\n```', 'Untitled requirement'],
  ])('%j', (text, title) => expect(titleOf(text)).toBe(title))
})

const folder = process.env.ORCHESTRATOR_REQUIREMENTS
describe.skipIf(!folder || !existsSync(folder))(
  'the documents of ORCHESTRATOR_REQUIREMENTS (skipped without that folder)',
  () => {
    const files = folder && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.md')) : []
    test.each(files)('%s has statements of more than one kind', (name) => {
      const found = splitStatements(readFileSync(join(folder ?? '', name), 'utf8'))
      expect(found.length).toBeGreaterThan(5)
      expect(new Set(found.map((one) => one.kind)).size).toBeGreaterThan(2)
    })
  },
)
