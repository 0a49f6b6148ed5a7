import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

export interface MailServer {
  url: string
  /** Envelope and text of what was taken. */
  mails: string[]
  close: () => Promise<void>
}

/** As much of a mail server as sending one message needs (RFC 5321). */
export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = []
  const server: Server = createServer((socket) => talk(socket, mails))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no port')
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { url: `smtp://127.0.0.1:${address.port}`, mails, close }
}

function talk(socket: Socket, mails: string[]): void {
  let reading = false
  let mail = ''
  socket.write('220 test ESMTP\r\n')
  socket.on('data', (chunk) => {
    const text = String(chunk)
    if (reading) {
      mail += text
      if (!mail.endsWith('\r\n.\r\n')) return
      reading = false
      mails.push(mail)
      socket.write('250 taken\r\n')
    } else if (/^DATA/i.test(text)) {
      reading = true
      socket.write('354 go on\r\n')
    } else if (/^QUIT/i.test(text)) socket.end('221 bye\r\n')
    else {
      if (/^RCPT/i.test(text)) mail = text
      socket.write('250 fine\r\n')
    }
  })
}
