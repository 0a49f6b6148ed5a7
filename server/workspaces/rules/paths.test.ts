import { describe, expect, it } from 'vitest'
import { containedPath, linkStaysInside } from './paths'

describe('containedPath', () => {
  it.each([
    ['src/a.ts', 'src/a.ts'],
    ['./src//a.ts', 'src/a.ts'],
    ['src/./b/', 'src/b'],
    ['', ''],
    ['.', ''],
    ['-rf', '-rf'],
    ['a file with ünïcode 🙂', 'a file with ünïcode 🙂'],
    ['.gitignore', '.gitignore'],
    ['...', '...'],
  ])('takes %j as %j', (given, path) => expect(containedPath(given)).toEqual({ ok: true, path }))

  it.each([
    ['/etc/passwd', 'absolute'],
    ['C:/x', 'absolute'],
    ['../x', '".."'],
    ['a/../../x', '".."'],
    ['a/..', '".."'],
    ['a\0b', 'NUL'],
    ['a\nb', 'control'],
    ['a\u0085b', 'control'],
    ['a\\b', 'backslash'],
    ['.git/hooks/post-commit', '.git'],
    ['sub/.GIT/config', '.git'],
    ['.git./config', '.git'],
    ['.g\u200cit/config', '.git'],
    ['git~1/config', '.git'],
    ['x'.repeat(300), '255 bytes'],
    ['x/'.repeat(900), '1024'],
    ['a\ud800', 'Unicode'],
  ])('refuses %j because of %s', (given, reason) => {
    const result = containedPath(given)
    expect(result.ok ? '' : result.reason).toContain(reason)
  })
})

it('judges links by where they lead', () => {
  expect(linkStaysInside('a/b/link', '../c')).toBe(true)
  expect(linkStaysInside('link', 'a/b')).toBe(true)
  expect(linkStaysInside('a/link', '../../etc')).toBe(false)
  expect(linkStaysInside('link', '..')).toBe(false)
  expect(linkStaysInside('link', 'a/../../x')).toBe(false)
  expect(linkStaysInside('link', '/etc/passwd')).toBe(false)
  expect(linkStaysInside('link', '.git/config')).toBe(false)
})
