/*
 * The one connection of this browser to the server's live events. Runs as a SharedWorker (all tabs share it, because
 * browsers allow six connections to a plain-http server), or as a Worker of one visible tab where SharedWorker is
 * missing. It only moves messages: what they mean is decided in components/providers.
 *
 * In:  { kind: 'hello', url, after }   after = sequence the page was rendered with
 * Out: { kind: 'state', state: 'connecting' | 'live' | 'refused' | 'crowded' }
 *      { kind: 'message', data }       data as the server's `live.events` sends it
 *      { kind: 'gap' }                 the page missed more than is kept here: it must ask for everything again
 */

const KEPT = 1000
/** The server pings every 10 s. */
const SILENCE_MS = 25_000
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15_000]

const ports = new Set()
const recent = []
let source
let url = ''
let state = 'connecting'
let last = 0
/** Messages after this sequence are in `recent`. */
let keptAfter = 0
let tries = 0
let silence
let retry

function tell(message) {
  for (const port of ports) port.postMessage(message)
}

function become(next) {
  if (state === next) return
  state = next
  tell({ kind: 'state', state })
}

function alive() {
  clearTimeout(silence)
  silence = setTimeout(reconnect, SILENCE_MS)
}

function receive(data) {
  if (data.type === 'ready') {
    tries = 0
    // A restored database may be behind us: then everything starts anew.
    if (Number(data.sequence) < last) {
      last = keptAfter = Number(data.sequence)
      recent.length = 0
      tell({ kind: 'gap' })
    }
    become('live')
    return
  }
  if (data.type === 'event') {
    const sequence = Number(data.event.sequence)
    if (sequence <= last) return
    last = sequence
    recent.push(data)
    if (recent.length > KEPT) keptAfter = Number(recent.shift().event.sequence)
  }
  tell({ kind: 'message', data })
}

function reconnect(delay = 0, meanwhile = 'connecting') {
  clearTimeout(silence)
  clearTimeout(retry)
  source?.close()
  source = undefined
  become(meanwhile)
  retry = setTimeout(connect, delay)
}

function retryLater(meanwhile) {
  // Spread out: all browsers lose a server at the same moment.
  reconnect(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] * (0.5 + Math.random()), meanwhile)
  tries += 1
}

/** The server said no in words. What is over at some time it says how long to wait for; until then nothing is lost. */
function refuse({ data }) {
  const seconds = data?.details?.retryAfterSeconds
  const meanwhile = data?.code === 'too-many-streams' ? 'crowded' : 'refused'
  if (seconds) reconnect(seconds * 1000 * (1 + Math.random() / 2), meanwhile)
  else retryLater(meanwhile)
}

function connect() {
  const opened = new EventSource(`${url}?lastEventId=${last}`)
  source = opened
  alive()
  opened.addEventListener('connected', alive)
  opened.addEventListener('ping', alive)
  opened.addEventListener('message', (event) => {
    alive()
    const parsed = JSON.parse(event.data)
    receive(parsed.json ?? parsed)
  })
  // The server ended the stream on purpose (old age or shutdown): come back at once.
  opened.addEventListener('return', () => retryLater())
  opened.addEventListener('serialized-error', (event) => {
    const parsed = JSON.parse(event.data)
    refuse(parsed?.json ?? parsed ?? {})
  })
  // The browser would retry by itself only after 3 s and never after an HTTP error.
  opened.addEventListener('error', () => retryLater())
}

function greet(port, message) {
  ports.add(port)
  const after = Number(message.after)
  if (!url) {
    url = message.url
    last = keptAfter = after
    connect()
  } else if (after < keptAfter) {
    port.postMessage({ kind: 'gap' })
  } else {
    for (const data of recent) if (Number(data.event.sequence) > after) port.postMessage({ kind: 'message', data })
  }
  port.postMessage({ kind: 'state', state })
}

function listen(port) {
  port.onmessage = ({ data }) => {
    if (data.kind === 'hello') greet(port, data)
    if (data.kind === 'bye') ports.delete(port)
    // A connection from before the network went away may look open and be dead.
    if (data.kind === 'online') {
      tries = 0
      reconnect()
    }
  }
}

if ('onconnect' in self) {
  self.onconnect = ({ ports: [port] }) => listen(port)
} else {
  listen(self)
}
