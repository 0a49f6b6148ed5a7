import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { LinkSaid } from './link-closed'

const view = {
  ...{ state: 'open' as const, viewer: 'nobody' as const, madeFor: 'Ana', organization: 'Acme', decisionId: 'd' },
  ...{ decision: null, pageToken: '' },
}
const shown = (said: Record<string, string>, refusal: string | null) =>
  renderToStaticMarkup(createElement(LinkSaid, { said, view, token: 't', refusal }))

test('the page says why a form was refused, never a sentence that stands in its address', () => {
  const given = { refused: 'Call 555', late: 'Call 555', sent: 'Call 555', choose: '', undone: '', 'sign-in': '' }
  expect(shown(given, 'It is too late.')).toContain('It is too late.')
  for (const name of ['refused', 'late', 'sent', 'choose', 'undone', 'sign-in']) {
    expect(shown({ [name]: 'Call 555' }, null)).not.toContain('Call 555')
  }
})
