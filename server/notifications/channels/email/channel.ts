import { createTransport, type Transporter } from 'nodemailer'
import { mailEnvironment } from '#server/platform/env/mail'
import { registerSecret } from '#server/platform/logging/redact'
import { type Channel, type Outgoing, SendError } from '../../ports'
import { HIDDEN_LINK, messageIdOf, renderMail, threadRootOf } from './render'

const FROM = 'Orchestrator <orchestrator@localhost>'
const CONNECT_MS = 10_000
const SOCKET_MS = 20_000

let transport: { server: string; transporter: Transporter } | undefined

function transporter(): Transporter {
  const { EMAIL_SERVER: server } = mailEnvironment()
  if (!server) throw new SendError('No mail server is configured: set EMAIL_SERVER.', { retryable: false })
  if (transport?.server !== server) {
    registerSecret(decodeURIComponent(new URL(server).password))
    const options = {
      url: server,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: SOCKET_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    }
    transport = { server, transporter: createTransport(options) }
  }
  return transport.transporter
}

const pageOf = ({ baseUrl, message }: Outgoing) => `${baseUrl}${message.path}`

function headersOf(outgoing: Outgoing): Record<string, string> {
  // RFC 3834: no answering machine answers these.
  const automatic = { 'Auto-Submitted': 'auto-generated' }
  if (!outgoing.unsubscribeLink) return automatic
  // RFC 8058: mail programs offer a button that ends it in one step.
  return {
    ...automatic,
    'List-Unsubscribe': `<${outgoing.unsubscribeLink}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  }
}

/** E-mail by SMTP. */
export const email: Channel = {
  name: 'email',
  label: 'E-mail',
  personal: true,
  byDefault: {
    decision_needed: 'mine',
    task_failed: 'never',
    requirement_closed: 'mine',
    signal: 'never',
    budget: 'mine',
    precedent: 'never',
  },
  changes: false,
  limitMs: CONNECT_MS + SOCKET_MS,
  ready: () => Boolean(mailEnvironment().EMAIL_SERVER),
  render: (outgoing) => {
    const hidden = outgoing.unsubscribeLink ? { ...outgoing, unsubscribeLink: HIDDEN_LINK } : outgoing
    return renderMail(hidden, outgoing.personalLink ? HIDDEN_LINK : pageOf(outgoing))
  },
  send: async (outgoing, signal) => {
    const mail = renderMail(outgoing, outgoing.personalLink ?? pageOf(outgoing))
    const root = threadRootOf(outgoing)
    const messageId = messageIdOf(outgoing)
    try {
      await transporter().sendMail({
        from: mailEnvironment().EMAIL_FROM ?? FROM,
        to: outgoing.recipient,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId,
        references: root,
        inReplyTo: root,
        headers: headersOf(outgoing),
        // A server that answers slowly at every step would outlast the claim, and somebody else would send it again.
        signal,
      })
    } catch (error) {
      throw toSendError(error)
    }
    return { externalId: messageId, rendered: email.render(outgoing) }
  },
}

/** An SMTP answer of 5xx is the server's last word (RFC 5321, 4.2.1); everything else may pass. */
function toSendError(error: unknown): SendError {
  if (error instanceof SendError) return error
  const code = (error as { responseCode?: unknown }).responseCode
  const final = typeof code === 'number' && code >= 500 && code < 600 && code !== 535 && code !== 530
  const text = error instanceof Error ? error.message : String(error)
  return new SendError(`The mail server refused or could not be reached: ${text}`, { retryable: !final, cause: error })
}
