// Loaded before a program: its wall clock is off by CLOCK_SHIFT_MS and steps back by twice that after a while.
const shift = Number(process.env.CLOCK_SHIFT_MS ?? 0)
const stepAt = performance.now() + Number(process.env.CLOCK_STEP_AFTER_MS ?? 15_000)
const RealDate = Date
const offset = () => (performance.now() < stepAt ? shift : -shift)
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offset())
    else super(...given)
  }

  static now() {
    return RealDate.now() + offset()
  }
}
