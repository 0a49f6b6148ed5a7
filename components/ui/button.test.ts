import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import { Button } from './button'

it('stays able to hold the focus while it is busy, and refuses a press', () => {
  const onClick = vi.fn()
  const busy = Button({ busy: true, type: 'submit', onClick, children: 'Save' })
  const preventDefault = vi.fn()
  busy.props.onClick({ preventDefault })
  expect([onClick.mock.calls.length, preventDefault.mock.calls.length]).toEqual([0, 1])
  const html = renderToStaticMarkup(createElement(Button, { busy: true }, 'Save'))
  expect(html).toContain('aria-disabled="true"')
  expect(html).not.toMatch(/ disabled=/)
})

it('is disabled where nothing can be done, busy or not', () => {
  expect(renderToStaticMarkup(createElement(Button, { disabled: true, busy: true }, 'Save'))).toMatch(/ disabled=""/)
})
