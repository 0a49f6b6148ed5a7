import { createHash } from 'node:crypto'
import type { Outgoing } from '../../ports'

export interface Mail {
  subject: string
  text: string
  html: string
}

/** What stands where a link stood that decides for somebody. */
export const HIDDEN_LINK = 'https://personal-link.invalid/hidden'

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const toHtml = (text: string) => text.replaceAll(/[&<>"']/g, (found) => escapes[found] as string)

/** One line, so that nothing in a question can begin a header of its own. */
const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

const SUBJECT_LENGTH = 160

function subjectOf({ message, kind }: Outgoing): string {
  const tag = message.decision && !message.outcome ? 'Decide: ' : ''
  const project = message.project && kind !== 'digest' ? `[${message.project}] ` : ''
  const title = message.outcome && kind === 'update' ? `${message.outcome} – ${message.title}` : message.title
  return oneLine(`${project}${tag}${title}${message.scripted ? ' (scripted)' : ''}`).slice(0, SUBJECT_LENGTH)
}

function deadlineText(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`
}

interface Line {
  text: string
  html: string
}

const paragraph = (text: string): Line => ({
  text,
  html: `<p style="margin:0 0 12px">${toHtml(text).replaceAll('\n', '<br>')}</p>`,
})

function optionLines(outgoing: Outgoing): Line[] {
  const { decision, outcome } = outgoing.message
  if (!decision || outcome) return []
  const lines = decision.options.map((option) => {
    const marks = [
      option.id === decision.recommended && 'recommended',
      option.id === decision.defaultOption && 'default',
      option.reversible === false && 'cannot be undone',
    ].filter(Boolean)
    const mark = marks.length > 0 ? ` (${marks.join(', ')})` : ''
    const consequence = option.consequence ? `: ${option.consequence}` : ''
    return {
      text: `  - ${option.label}${mark}${consequence}`,
      html: `<li style="margin:0 0 8px"><strong>${toHtml(option.label)}</strong>${toHtml(mark)}${toHtml(consequence)}</li>`,
    }
  })
  const list: Line = {
    text: `You can choose:\n${lines.map((line) => line.text).join('\n')}`,
    html: `<p style="margin:0 0 4px">You can choose:</p><ul style="margin:0 0 12px;padding-left:20px">${lines.map((line) => line.html).join('')}</ul>`,
  }
  const byDefault = decision.options.find((option) => option.id === decision.defaultOption)
  return [
    list,
    ...(decision.recommendedWhy ? [paragraph(`Why it is recommended: ${decision.recommendedWhy}`)] : []),
    ...(decision.deadline && byDefault
      ? [paragraph(`Without an answer, “${byDefault.label}” is taken on ${deadlineText(decision.deadline)}.`)]
      : []),
    ...(decision.deadline && !byDefault ? [paragraph(`Please answer before ${deadlineText(decision.deadline)}.`)] : []),
  ]
}

function itemLines({ message, baseUrl }: Outgoing): Line[] {
  if (message.items.length === 0) return []
  const text = message.items.map((item) => `  - ${item.title}\n    ${baseUrl}${item.path}`).join('\n')
  const html = message.items
    .map((item) => `<li style="margin:0 0 6px"><a href="${toHtml(baseUrl + item.path)}">${toHtml(item.title)}</a></li>`)
    .join('')
  return [{ text, html: `<ul style="margin:0 0 12px;padding-left:20px">${html}</ul>` }]
}

function factLines({ message }: Outgoing): Line[] {
  if (message.facts.length === 0) return []
  const text = message.facts.map(([name, value]) => `${name}: ${value}`).join('\n')
  const html = message.facts.map(([name, value]) => `${toHtml(name)}: ${toHtml(value)}`).join('<br>')
  return [{ text, html: `<p style="margin:0 0 12px;color:#4a4a55">${html}</p>` }]
}

const scriptedNote = 'Made by the built-in scripted provider. No AI model was called.'

/**
 * Subject, text and HTML of a message. The HTML is one column of ordinary text elements with its few styles inline: it
 * reads the same without images (there are none), without styles, aloud, and in dark mode, where clients choose colours.
 * @param link where the button leads
 */
export function renderMail(outgoing: Outgoing, link: string): Mail {
  const { message, unsubscribeLink, baseUrl } = outgoing
  const lines: Line[] = [
    ...(message.outcome ? [paragraph(message.outcome)] : []),
    ...(message.body ? [paragraph(message.body)] : []),
    ...itemLines(outgoing),
    ...optionLines(outgoing),
    ...factLines(outgoing),
  ]
  const once =
    message.decision && !message.outcome
      ? 'Opening the link decides nothing: you choose on the page it leads to. It is for you alone; please do not forward it.'
      : ''
  const settings = `${baseUrl}/settings/notifications`
  const footer = [
    once,
    message.scripted ? scriptedNote : '',
    `What you are told, and when: ${settings}`,
    unsubscribeLink ? `End these digests: ${unsubscribeLink}` : '',
  ].filter((line) => line !== '')
  const text = [
    message.title,
    ...lines.map((line) => line.text),
    `${message.linkLabel}: ${link}`,
    `-- \n${footer.join('\n')}`,
  ]
  return {
    subject: subjectOf(outgoing),
    text: `${text.join('\n\n')}\n`,
    html: page(outgoing, lines, link, footer),
  }
}

function page({ message }: Outgoing, lines: Line[], link: string, footer: string[]): string {
  const linked = footer.map((line) => toHtml(line).replace(/https?:\/\/\S+$/, (url) => `<a href="${url}">${url}</a>`))
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${toHtml(oneLine(message.title))}</title></head>
<body style="margin:0;padding:16px;font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:16px;line-height:1.5">
<div role="article" aria-label="${toHtml(oneLine(message.title))}" style="max-width:600px">
<h1 style="font-size:20px;line-height:1.3;margin:0 0 12px">${toHtml(message.title)}</h1>
${lines.map((line) => line.html).join('\n')}
<p style="margin:16px 0"><a href="${toHtml(link)}" style="display:inline-block;padding:12px 20px;border:2px solid #3b5bdb;border-radius:6px;background:#3b5bdb;color:#ffffff;text-decoration:none;font-weight:600">${toHtml(message.linkLabel)}</a></p>
<p style="margin:24px 0 0;font-size:13px;color:#5c5c66">${linked.join('<br>')}</p>
</div>
</body>
</html>
`
}

/** The part after the @ of our Message-IDs: where the product is. */
function hostOf(baseUrl: string): string {
  return new URL(baseUrl).hostname
}

/** The same for every attempt at a message, so that mail programs show a repeated one once. */
export function messageIdOf({ deliveryId, baseUrl }: Outgoing): string {
  return `<${deliveryId}@${hostOf(baseUrl)}>`
}

/** All mails of one conversation name the same root, which was never sent itself; mail programs thread by it. */
export function threadRootOf({ message, baseUrl }: Outgoing): string {
  const name = createHash('sha256').update(message.thread).digest('hex').slice(0, 32)
  return `<thread.${name}@${hostOf(baseUrl)}>`
}
