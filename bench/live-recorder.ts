/** What the page has noticed; times in milliseconds since 1970. */
export interface Recorded {
  /** Each numbered event that came in over the live connection. */
  received: { number: number; sequence: number; time: number }[]
  /** After the frame was drawn that shows numbered events up to the n-th since the page was opened. */
  painted: { upTo: number; time: number }[]
}

declare global {
  var recorded: Recorded
}

/**
 * Runs in the page before its own scripts: listens beside the product to the worker that holds the live connection, and
 * watches what people see of it. It must stand alone, because it is sent to the browser as text.
 */
export function recordLive(): void {
  /** Numbers from here on are measured; smaller ones are warm-up. */
  const OFFSET = 1_000
  const now = () => performance.timeOrigin + performance.now()
  const found: Recorded = { received: [], painted: [] }
  window.recorded = found

  const Original = window.SharedWorker
  window.SharedWorker = class extends Original {
    constructor(...given: ConstructorParameters<typeof Original>) {
      super(...given)
      this.port.addEventListener('message', ({ data }) => {
        const event = data.kind === 'message' && data.data.type === 'event' ? data.data.event : null
        const number = Number(/^event (\d+)$/.exec(event?.payload?.name ?? '')?.[1])
        if (number > OFFSET) found.received.push({ number, sequence: Number(event.sequence), time: now() })
      })
    }
  }

  let before = 0
  /** How many measured events the screen accounts for. */
  const shown = () => {
    const announced = /Show (\d+) new/.exec(document.querySelector('[role=status] button')?.textContent ?? '')
    if (announced) return Number(announced[1])
    const newest = document.querySelector('[aria-labelledby=activity] li')?.textContent ?? ''
    const number = Number(/event (\d+)/.exec(newest)?.[1] ?? 0)
    return found.received.findIndex((event) => event.number === number) + 1
  }
  new MutationObserver(() => {
    const upTo = shown()
    if (upTo <= before) return
    before = upTo
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      // A message sent before a frame is drawn arrives after it.
      port1.onmessage = () => found.painted.push({ upTo, time: now() })
      port2.postMessage(null)
    })
  }).observe(document, { subtree: true, childList: true, characterData: true })
}
