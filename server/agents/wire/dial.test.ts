import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultServer, startFaultServer } from '#server/agents/connectors/__fixtures__/fault-server'
import { PrivateAddressError } from '#server/platform/http/private-address'
import { dialFetch } from './dial'

const nobody = { allowLoopback: false, allowPrivate: false }
const loopback = { allowLoopback: true, allowPrivate: false }

describe('dialFetch', () => {
  let server: FaultServer
  let port: string
  beforeAll(async () => {
    server = await startFaultServer()
    port = new URL(server.url).port
    server.answerWith((response) => void response.writeHead(200, { 'x-two': ['a', 'b'] }).end('héllo'))
  })
  afterAll(() => server.close())

  it('sends the body and reads the answer', async () => {
    const body = JSON.stringify({ text: 'wörld' })
    const response = await dialFetch(loopback)(`${server.url}/there`, {
      method: 'POST',
      body,
      headers: { 'x-one': '1' },
    })
    expect(await response.text()).toBe('héllo')
    expect(response.headers.get('x-two')).toBe('a, b')
    expect(server.requests.at(-1)).toMatchObject({ path: '/there', body: { text: 'wörld' }, headers: { 'x-one': '1' } })
  })

  it.each(['127.0.0.1', '2130706433', '0177.0.0.1', '127。0。0。1', '[::ffff:7f00:1]', 'localhost'])(
    'does not reach this machine as %s unless that is allowed',
    async (host) => {
      const before = server.requests.length
      await expect(dialFetch(nobody)(`http://${host}:${port}/`)).rejects.toBeInstanceOf(PrivateAddressError)
      expect(server.requests.length).toBe(before)
    },
  )

  it('as saved: this machine when the address says so, never a private network', async () => {
    expect((await dialFetch('as-saved')(`http://localhost:${port}/`)).status).toBe(200)
    expect((await dialFetch('as-saved')(`http://127.0.0.1:${port}/`)).status).toBe(200)
    for (const host of ['10.0.0.1', '192.168.0.1', '169.254.169.254', '0.0.0.0']) {
      await expect(dialFetch('as-saved')(`http://${host}:${port}/`)).rejects.toBeInstanceOf(PrivateAddressError)
    }
  })
})
