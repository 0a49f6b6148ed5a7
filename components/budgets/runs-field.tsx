import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'

const NAME = 'maxConcurrentRuns'

/** How many runs of agents there may be at the same time; empty is no limit. */
export function RunsField({
  id,
  hint,
  most,
  mayChange,
}: {
  id: string
  hint: string
  most: number | null
  mayChange: boolean
}) {
  return (
    <Field id={id} label="Runs of agents at once" hint={hint} optional>
      {(control) => (
        <Input
          {...control}
          name={NAME}
          type="number"
          min={1}
          max={10_000}
          defaultValue={most ?? ''}
          disabled={!mayChange}
        />
      )}
    </Field>
  )
}

/** What was entered there. */
export function runsOf(form: FormData): number | null {
  const given = form.get(NAME)
  return given ? Number(given) : null
}
