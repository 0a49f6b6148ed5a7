'use client'

import { Monitor, Moon, Sun } from 'lucide-react'
import { useChosenTheme } from '#components/providers/theme'
import { classNames } from '#components/ui/class-names'

const choices = [
  { value: 'system', label: 'As the system', icon: Monitor },
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
] as const

/** Three states side by side; which one is on is known only in the browser. */
export function ThemeSwitch({ name = 'theme' }: { name?: string }) {
  const [theme, choose] = useChosenTheme()
  return (
    <fieldset className="flex w-fit gap-0.5 rounded-md border border-border-strong p-0.5">
      <legend className="sr-only">Theme</legend>
      {choices.map(({ value, label, icon: Icon }) => (
        <label
          key={value}
          title={label}
          className={classNames(
            'flex size-8 cursor-pointer items-center justify-center rounded-sm text-muted max-md:size-10',
            'has-checked:bg-accent-soft has-checked:text-accent-soft-fg has-focus-visible:outline-2 has-focus-visible:outline-focus',
          )}
        >
          <input
            type="radio"
            name={name}
            value={value}
            checked={theme === value}
            onChange={() => choose(value)}
            className="sr-only"
          />
          <Icon aria-hidden className="size-4" />
          <span className="sr-only">{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
