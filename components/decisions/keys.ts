/** Keys act only while nobody types and no control that uses them itself has the focus. */
const typingIn =
  'textarea, select, input:not([type=radio]), [contenteditable=true], dialog, [role=menu], [role=listbox]'
const pressedByEnter = 'button, a, summary'

/** What of a key press is looked at. */
export interface Pressed {
  key: string
  target: EventTarget | null
  defaultPrevented: boolean
  isComposing: boolean
  altKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  repeat: boolean
}

/** False when the person switched single keys off. */
export function singleKeysOn(): boolean {
  return localStorage.getItem('single-keys') !== 'off'
}

/** The key in lower case when it is meant for a decision, or null. Held keys count once. */
export function decisionKey(event: Pressed): string | null {
  const { key, target, defaultPrevented, isComposing, altKey, ctrlKey, metaKey, repeat } = event
  if (defaultPrevented || isComposing || repeat || altKey || ctrlKey || metaKey) return null
  if (!singleKeysOn()) return null
  const within = (selector: string) => target instanceof Element && target.closest(selector) !== null
  if (within(typingIn)) return null
  const lower = key.toLowerCase()
  return lower === 'enter' && within(pressedByEnter) ? null : lower
}
