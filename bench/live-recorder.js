/*
 * Runs in the page before its own scripts: listens, beside the product, to the worker that holds the live connection,
 * and watches what people see of it. Plain JavaScript, because it is given to the browser as it stands.
 *
 * window.recorded.received: each numbered event that came in, times in milliseconds since 1970
 * window.recorded.painted:  after the frame was drawn that shows the first `upTo` numbered events of this page's life
 */
{
  /** Numbers above are measured; smaller ones are warm-up. */
  const OFFSET = 1_000
  const now = () => performance.timeOrigin + performance.now()
  const received = []
  const painted = []
  window.recorded = { received, painted }

  const Original = window.SharedWorker
  window.SharedWorker = class extends Original {
    constructor(...given) {
      super(...given)
      this.port.addEventListener('message', ({ data }) => {
        const event = data.kind === 'message' && data.data.type === 'event' ? data.data.event : null
        const number = Number(/^event (\d+)$/.exec(event?.payload?.name ?? '')?.[1])
        if (number > OFFSET) received.push({ number, sequence: Number(event.sequence), time: now() })
      })
    }
  }

  /** How many measured events the screen accounts for. */
  const shown = () => {
    const announced = /Show (\d+) new/.exec(document.querySelector('[role=status] button')?.textContent ?? '')
    if (announced) return Number(announced[1])
    const newest = document.querySelector('[aria-labelledby=activity] li')?.textContent ?? ''
    const number = Number(/event (\d+)/.exec(newest)?.[1])
    return received.findIndex((event) => event.number === number) + 1
  }

  let before = 0
  new MutationObserver(() => {
    const upTo = shown()
    if (upTo <= before) return
    before = upTo
    requestAnimationFrame(() => {
      // A message that is sent before a frame is drawn arrives after it.
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => painted.push({ upTo, time: now() })
      port2.postMessage(null)
    })
  }).observe(document, { subtree: true, childList: true, characterData: true })
}
