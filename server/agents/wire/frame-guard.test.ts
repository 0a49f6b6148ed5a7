import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameGuard, FrameTooLargeError, LARGEST_FRAME_BYTES } from './frame-guard'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('FrameGuard', () => {
  it.each(['\n', '\r\n', '\r'])('sees the end marker however it is cut, with line ends %j', (end) => {
    const whole = bytes(`data: {"a":"data: [DONE]"}${end}${end}data: [DONE]${end}${end}`)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 6 }), (cuts) => {
        const guard = new FrameGuard()
        const places = [0, ...cuts.sort((one, other) => one - other), whole.length]
        for (const [index, place] of places.slice(1).entries()) guard.take(whole.slice(places[index], place))
        expect(guard.done).toBe(true)
      }),
    )
  })

  it.each(['data: {"text":"data: [DONE]"}\n\n', ': [DONE]\n\n', 'data: [DONE] not quite\n\n', ''])(
    'does not take %j for the end',
    (text) => {
      const guard = new FrameGuard()
      guard.take(bytes(text))
      expect(guard.done).toBe(false)
    },
  )

  it('limits one event, not the stream', () => {
    const event = bytes(`data: ${'x'.repeat(LARGEST_FRAME_BYTES / 2)}\n\n`)
    const guard = new FrameGuard()
    for (let sent = 0; sent < 8; sent += 1) guard.take(event)
    const lines = new FrameGuard()
    const unfinished = bytes(`data: ${'x'.repeat(LARGEST_FRAME_BYTES / 2)}\n`)
    lines.take(unfinished)
    expect(() => lines.take(unfinished)).toThrow(FrameTooLargeError)
  })

  it.each([
    [': still here\n\n', false],
    ['\r\n\r\n', false],
    [': one\ndata: {}\n\n', true],
    ['event: ping\n\n', true],
  ])('tells heartbeats from words, however they are cut: %j', (text, speaks) => {
    const guard = new FrameGuard()
    for (const byte of bytes(text)) guard.take(Uint8Array.of(byte))
    expect(guard.spoken > 0).toBe(speaks)
  })
})
