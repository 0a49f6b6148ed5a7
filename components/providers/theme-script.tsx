/**
 * Writes the theme into the page before its first paint, so that nobody sees the wrong one flash, and again whenever
 * the choice or the system's changes. Text instead of a module: it runs before any code is loaded, on every page.
 */
const script = `(() => {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const show = () => {
    let chosen = null
    try { chosen = localStorage.getItem('theme') } catch {}
    const theme = chosen === 'light' || chosen === 'dark' ? chosen : system.matches ? 'dark' : 'light'
    document.documentElement.dataset.theme = theme
  }
  show()
  system.addEventListener('change', show)
  addEventListener('storage', show)
  addEventListener('theme', show)
})()`

/** Stands first in the body. */
export function ThemeScript({ nonce }: { nonce?: string }) {
  return (
    <script nonce={nonce} suppressHydrationWarning>
      {script}
    </script>
  )
}
