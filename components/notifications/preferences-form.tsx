'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useRef } from 'react'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { Badge } from '#components/ui/badge'
import { Button } from '#components/ui/button'
import { Checkbox } from '#components/ui/choice'
import { Field, FieldGroup } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { ErrorPanel } from '#components/ui/page-state'
import { Select } from '#components/ui/select'
import { toast } from '#components/ui/toast'
import type { Digest, Matrix, Reach, Topic, Wishes } from '#server/notifications/model'
import type { ChannelView } from '#server/notifications/queries/settings'

export interface MatrixProps {
  channels: ChannelView[]
  topics: { name: Topic; label: string; hint: string }[]
  wishes: Wishes
}

const reaches: Record<Reach, string> = { never: 'Never', mine: 'What concerns me', all: 'Everything' }

/** What of a channel's name has to be known before it is chosen. */
function Channel({ channel }: { channel: ChannelView }) {
  return (
    <span className="text-table text-muted">
      {channel.label} {!channel.ready && <Badge tone="attention">not sent, only kept</Badge>}
    </span>
  )
}

/**
 * What for which channel: one block for each topic, side by side under the channels' names where there is room, one
 * under the other with the name at each choice where there is not.
 */
function MatrixChoices({ channels, topics, wishes }: MatrixProps) {
  return (
    <section aria-labelledby="matrix" className="rounded-lg border border-border bg-surface">
      <h2
        id="matrix"
        className="flex items-center border-b border-border bg-sunken px-4 py-2 text-table font-medium text-muted"
      >
        <span className="flex-1">What you are told, and where</span>
        {channels.map((channel) => (
          <span key={channel.name} aria-hidden className="w-48 px-2 font-normal max-lg:hidden">
            <Channel channel={channel} />
          </span>
        ))}
      </h2>
      <div className="divide-y divide-border">
        {topics.map((topic) => (
          <fieldset
            key={topic.name}
            aria-labelledby={`topic-${topic.name}`}
            className="flex gap-x-0 gap-y-2 px-4 py-3 max-lg:flex-col lg:items-start"
          >
            <div id={`topic-${topic.name}`} className="min-w-0 flex-1 text-body font-medium">
              {topic.label}
              <span className="block text-table font-normal text-muted">{topic.hint}</span>
            </div>
            {channels.map((channel) => (
              <div key={channel.name} className="flex flex-wrap items-center gap-x-3 gap-y-1 lg:w-48 lg:px-2">
                <span aria-hidden className="flex-1 basis-28 lg:hidden">
                  <Channel channel={channel} />
                </span>
                <Select
                  name={`${topic.name} ${channel.name}`}
                  aria-label={`${topic.label}: ${channel.label}`}
                  defaultValue={wishes.matrix[topic.name]?.[channel.name] ?? channel.byDefault[topic.name] ?? 'never'}
                  className="max-lg:flex-1 max-lg:basis-48"
                >
                  {Object.entries(reaches).map(([value, label]) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </Select>
              </div>
            ))}
          </fieldset>
        ))}
      </div>
    </section>
  )
}

function Times({ wishes, zones }: { wishes: Wishes; zones: string[] }) {
  const zone = useRef<HTMLInputElement>(null)
  const takeOwn = () => {
    if (zone.current) zone.current.value = Intl.DateTimeFormat().resolvedOptions().timeZone
  }
  return (
    <div className="grid gap-5 md:grid-cols-2">
      <FieldGroup
        legend="Quiet hours"
        hint="Nothing is sent then, except what cannot wait: it is urgent, or its deadline comes first."
      >
        <Checkbox name="quiet" label="Keep quiet hours" defaultChecked={wishes.quietHours !== null} />
        <div className="grid grid-cols-2 gap-3">
          <Field id="quiet-from" label="From">
            {(control) => (
              <Input {...control} type="time" name="from" defaultValue={wishes.quietHours?.from ?? '22:00'} required />
            )}
          </Field>
          <Field id="quiet-to" label="To">
            {(control) => (
              <Input {...control} type="time" name="to" defaultValue={wishes.quietHours?.to ?? '07:00'} required />
            )}
          </Field>
        </div>
        <Field id="time-zone" label="Time zone">
          {(control) => (
            <Input {...control} ref={zone} name="timeZone" list="time-zones" defaultValue={wishes.timeZone} required />
          )}
        </Field>
        <datalist id="time-zones">
          {zones.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Button size="small" className="self-start" onClick={takeOwn}>
          Use this device’s time zone
        </Button>
      </FieldGroup>
      <FieldGroup legend="Digest by e-mail" hint="What is not urgent is collected into one e-mail.">
        <Field id="digest" label="Send">
          {(control) => (
            <Select {...control} name="digest" defaultValue={wishes.digest}>
              <option value="none">each message by itself</option>
              <option value="hourly">a digest every hour</option>
              <option value="daily">a digest every day</option>
            </Select>
          )}
        </Field>
        <Field id="digest-at" label="Time of the daily digest">
          {(control) => <Input {...control} type="time" name="digestAt" defaultValue={wishes.digestAt} required />}
        </Field>
      </FieldGroup>
    </div>
  )
}

function matrixOf(form: FormData, { topics, channels }: Pick<MatrixProps, 'topics' | 'channels'>): Matrix {
  return Object.fromEntries(
    topics.map((topic) => [
      topic.name,
      Object.fromEntries(
        channels.map((channel) => [channel.name, String(form.get(`${topic.name} ${channel.name}`)) as Reach]),
      ),
    ]),
  )
}

/** What one person is told, where and when; for everything, or for one project. */
export function PreferencesForm(props: MatrixProps & { place: string; isOwn: boolean; zones: string[] }) {
  const { place, isOwn, wishes, zones } = props
  const trpc = useTRPC()
  const router = useRouter()
  const done = (text: string) => ({
    onSuccess: () => {
      toast({ kind: 'success', text })
      router.refresh()
    },
  })
  const save = useMutation(trpc.notifications.savePreferences.mutationOptions(done('Saved. It holds from now on.')))
  const forget = useMutation(
    trpc.notifications.forgetPreferences.mutationOptions(done('This project follows your settings for all again.')),
  )
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    save.mutate({
      place,
      matrix: matrixOf(form, props),
      quietHours: form.get('quiet') ? { from: text('from'), to: text('to') } : null,
      timeZone: text('timeZone'),
      digest: text('digest') as Digest,
      digestAt: text('digestAt'),
    })
  }
  const error = save.error ?? forget.error
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-5">
      <MatrixChoices {...props} />
      <Times wishes={wishes} zones={zones} />
      {error && <ErrorPanel title={errorText(error)} errorId={errorIdOf(error)} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
        {place !== 'all' && isOwn && (
          <Button busy={forget.isPending} onClick={() => forget.mutate({ place })}>
            Follow my settings for all
          </Button>
        )}
      </div>
    </form>
  )
}
