'use client'

import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { Field } from '#components/ui/field'
import { Select } from '#components/ui/select'
import { kindWords, sourceWords, urgencyWords } from './signal-words'

const statuses = { open: 'Open', closed: 'Closed', muted: 'Muted', all: 'All' }

/** The filters of the stream live in the address: a filtered stream can be sent to somebody. */
export function SignalFilters({ sources }: { sources: string[] }) {
  const router = useRouter()
  const pathname = usePathname()
  const search = useSearchParams()
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(search)
    if (value === '' || (name === 'status' && value === 'open')) next.delete(name)
    else next.set(name, value)
    router.replace(next.size > 0 ? `${pathname}?${next}` : pathname, { scroll: false })
  }
  const choice = (
    name: string,
    label: string,
    first: [value: string, word: string] | null,
    words: Record<string, string>,
  ) => (
    <Field id={`filter-${name}`} label={label}>
      {(control) => (
        <Select
          {...control}
          value={search.get(name) ?? (first ? first[0] : 'open')}
          onChange={(event) => set(name, event.target.value)}
        >
          {first && <option value={first[0]}>{first[1]}</option>}
          {Object.entries(words).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
  const sourceChoice = Object.fromEntries(sources.map((source) => [source, sourceWords[source] ?? source]))
  return (
    <search aria-label="Filter signals" className="grid grid-cols-2 gap-3 md:max-w-[56rem] md:grid-cols-4">
      {choice('status', 'Status', null, statuses)}
      {choice('kind', 'Kind', ['', 'Every kind'], kindWords)}
      {choice('urgency', 'Urgency', ['', 'Every urgency'], urgencyWords)}
      {choice('source', 'Source', ['', 'Every source'], sourceChoice)}
    </search>
  )
}
