import { expect, test } from 'vitest'
import type { Message } from '../../model'
import { drawBlocks } from './blocks'

const message: Message = {
  topic: 'decision_needed',
  urgency: 'today',
  title: 'Which one?',
  body: '',
  facts: [],
  path: '/decisions/1',
  linkLabel: 'Decide',
  project: 'Shop',
  scripted: false,
  items: [],
  decision: null,
  outcome: null,
  thread: 'decision:1',
}
const drawing = { baseUrl: 'https://orchestrator.example', integrationId: 'i' }

test('four options as long as options may be fit, escaped once, and each is named', () => {
  const options = ['a', 'b', 'c', 'd'].map((id) => ({
    id,
    label: `${id} & ${'<'.repeat(190)}`,
    consequence: `${id} & ${'word & '.repeat(140)}`,
    reversible: true,
  }))
  const decision = {
    ...{ id: '1', kind: 'agent_question', question: 'Which one?', why: '', options, recommendedWhy: '' },
    ...{ recommended: 'a', defaultOption: 'b', deadline: null },
  }
  const [, section] = drawBlocks({ ...message, decision }, drawing).blocks
  const text = section?.type === 'section' ? (section.text?.text ?? '') : ''
  expect(text.length).toBeLessThanOrEqual(3_000)
  for (const { id } of options) expect(text).toContain(`• *${id} &amp; `)
  expect(text).not.toContain('&amp;amp;')
  expect(text).toContain('_(recommended)_')
})

test('a title that is cut in the middle of an emoji stays text that can be sent', () => {
  for (const length of [148, 149, 150]) {
    const drawn = drawBlocks({ ...message, title: `${'x'.repeat(length)}😀😀` }, drawing)
    expect(JSON.stringify(drawn.blocks)).not.toMatch(/\\ud8/i)
  }
})

test('of many long lines the newest are shown, none of them halved', () => {
  const items = Array.from({ length: 20 }, (_, index) => ({
    source: String(index),
    title: `${index} ${'&'.repeat(118)}`,
    path: `/projects/x/tasks/${'y'.repeat(200)}`,
  }))
  const [, section] = drawBlocks({ ...message, items }, drawing).blocks
  const text = section?.type === 'section' ? (section.text?.text ?? '') : ''
  expect(text.length).toBeLessThanOrEqual(3_000)
  expect(text.split('\n').every((line) => /^• <https:.*>$/.test(line))).toBe(true)
  expect(text.split('\n').at(-1)).toContain('|19 ')
})
