'use client'

import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

// The page's script (theme-script) listens to the same events and has written the theme before anybody here reads it.
function watch(listener: () => void): () => void {
  const system = window.matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', listener)
  window.addEventListener('storage', listener)
  window.addEventListener('theme', listener)
  return () => {
    system.removeEventListener('change', listener)
    window.removeEventListener('storage', listener)
    window.removeEventListener('theme', listener)
  }
}

function chosenTheme(): Theme {
  const chosen = localStorage.getItem('theme')
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** What the person chose for this browser; null until the page is alive. */
export function useChosenTheme(): [theme: Theme | null, choose: (theme: Theme) => void] {
  const theme = useSyncExternalStore<Theme | null>(watch, chosenTheme, () => null)
  return [
    theme,
    (next) => {
      localStorage.setItem('theme', next)
      window.dispatchEvent(new Event('theme'))
    },
  ]
}
