import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKind, assertAllowedHost, checkedLookup, literalKind, PrivateAddressError } from './private-address'

const nobody = { allowLoopback: false, allowPrivate: false }

describe('addressKind', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.1', 'public'],
    ['2606:4700::1111', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.100.100.100', 'private'],
    ['fd00::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['0.0.0.0', 'reserved'],
    ['169.254.169.254', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['::', 'reserved'],
    ['::127.0.0.1', 'reserved'],
    ['fe80::1%eth0', 'reserved'],
    ['64:ff9b::7f00:1', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['not an address', 'reserved'],
  ])('%s is %s', (address, kind) => expect(addressKind(address)).toBe(kind))

  it('sees an IPv4 address the same inside IPv6', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => addressKind(`::ffff:${address}`) === addressKind(address)))
  })
})

describe('literals in URLs', () => {
  it.each([
    ['http://2130706433/', 'loopback'],
    ['http://0177.0.0.1/', 'loopback'],
    ['http://0x7f.1/', 'loopback'],
    ['http://127。0。0。1/', 'loopback'],
    ['http://１２７.0.0.1/', 'loopback'],
    ['http://[::ffff:7f00:1]/', 'loopback'],
    ['http://[::]/', 'reserved'],
    ['http://3232235777/', 'private'],
    ['http://example.com/', null],
  ])('%s is %s', (url, kind) => expect(literalKind(new URL(url).hostname)).toBe(kind))
})

describe('lookups', () => {
  const dial = (policy: typeof nobody, all: boolean) =>
    new Promise((resolve, reject) => {
      checkedLookup(policy)('localhost', { all }, (error, address) => (error ? reject(error) : resolve(address)))
    })

  it('refuse a name that leads to this machine, unless that is allowed', async () => {
    await expect(dial(nobody, false)).rejects.toBeInstanceOf(PrivateAddressError)
    await expect(dial(nobody, true)).rejects.toBeInstanceOf(PrivateAddressError)
    expect(addressKind(String(await dial({ ...nobody, allowLoopback: true }, false)))).toBe('loopback')
    expect(await dial({ ...nobody, allowLoopback: true }, true)).not.toHaveLength(0)
  })

  it('are asked of names only', async () => {
    await expect(assertAllowedHost('localhost', nobody)).rejects.toBeInstanceOf(PrivateAddressError)
    await expect(assertAllowedHost('[::1]', nobody)).rejects.toBeInstanceOf(PrivateAddressError)
    await assertAllowedHost('8.8.8.8', nobody)
    await assertAllowedHost('10.1.2.3', { ...nobody, allowPrivate: true })
    await expect(
      assertAllowedHost('169.254.169.254', { allowLoopback: true, allowPrivate: true }),
    ).rejects.toBeInstanceOf(PrivateAddressError)
  })
})
