import { describe, expect, it } from 'vitest'
import { type KeyPress, keyReader } from './keys'

const press = (key: string, at = 0, rest: Partial<KeyPress> = {}): KeyPress => ({
  key,
  at,
  alt: false,
  control: false,
  meta: false,
  typing: false,
  ...rest,
})
const pages = new Map([['d', '/decisions']])

describe('keys', () => {
  it('goes somewhere after g', () => {
    const read = keyReader(pages)
    expect(read(press('g', 0))).toBeNull()
    expect(read(press('d', 500))).toEqual({ do: 'go', href: '/decisions' })
    expect(read(press('d', 600))).toBeNull()
  })

  it('forgets g after a while and after another key', () => {
    const read = keyReader(pages)
    read(press('g', 0))
    expect(read(press('d', 801))).toBeNull()
    read(press('g', 1000))
    expect(read(press('x', 1100))).toBeNull()
    expect(read(press('d', 1200))).toBeNull()
  })

  it('never acts while somebody types or holds a modifier', () => {
    const read = keyReader(pages)
    expect(read(press('c', 0, { typing: true }))).toBeNull()
    expect(read(press('c', 0, { control: true }))).toBeNull()
    expect(read(press('?', 0, { meta: true }))).toBeNull()
    read(press('g', 0))
    expect(read(press('d', 10, { typing: true }))).toBeNull()
    expect(read(press('d', 20))).toBeNull()
  })

  it.each([
    ['c', { do: 'press', name: 'new-requirement' }],
    ['/', { do: 'press', name: 'filter' }],
    ['?', { do: 'sheet' }],
  ])('%s', (key, action) => expect(keyReader(pages)(press(key))).toEqual(action))
})
