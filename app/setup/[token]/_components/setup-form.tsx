'use client'

import { useActionState } from 'react'
import { Button } from '#components/ui/button'
import { Radio } from '#components/ui/choice'
import { Field, FieldGroup } from '#components/ui/field'
import { FormProblem } from '#components/ui/form-problem'
import { Input } from '#components/ui/input'
import { completeSetup } from '../actions'

interface TextFieldProps {
  name: string
  label: string
  type?: string
  autoComplete?: string
  hint?: string
  value?: string
  error?: string
}

function TextField({ name, label, type = 'text', autoComplete, hint, value, error }: TextFieldProps) {
  return (
    <Field id={name} label={label} hint={hint} error={error}>
      {(control) => (
        <Input
          {...control}
          name={name}
          type={type}
          autoComplete={autoComplete}
          required
          key={value}
          defaultValue={value}
        />
      )}
    </Field>
  )
}

const ownFields = ['email', 'name', 'password', 'organizationName', 'projectName']

/** Posts to a server action, so it works without JavaScript too. */
export function SetupForm({ token, suggestedMode }: { token: string; suggestedMode: 'live' | 'scripted' }) {
  const [state, action, pending] = useActionState(completeSetup, {
    values: { organizationName: 'Acme', projectName: 'Demo', providerMode: suggestedMode },
  })
  const { values, problem, field = '' } = state
  const own = (name: string) => ({ name, value: values[name], error: field === name ? problem : undefined })
  return (
    <form action={action} className="flex flex-col gap-5">
      <input type="hidden" name="token" value={token} />
      {problem && !ownFields.includes(field) && <FormProblem>{problem}</FormProblem>}
      <TextField {...own('name')} label="Your name" autoComplete="name" />
      <TextField {...own('email')} label="E-mail" type="email" autoComplete="username" />
      <TextField
        {...own('password')}
        value={undefined}
        label="Password"
        type="password"
        autoComplete="new-password"
        hint="At least 10 characters; a short sentence works well."
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField {...own('organizationName')} label="Organization" autoComplete="organization" />
        <TextField {...own('projectName')} label="First project" autoComplete="off" />
      </div>
      <FieldGroup legend="Who does the work in this project?" hint="You can change it later in the project’s settings.">
        <Radio
          framed
          name="providerMode"
          value="scripted"
          defaultChecked={values.providerMode !== 'live'}
          label="Scripted demo (no key needed)"
          hint="A built-in program plays the agents by fixed rules. Real code, real tests, no AI model."
        />
        <Radio
          framed
          name="providerMode"
          value="live"
          defaultChecked={values.providerMode === 'live'}
          label="AI models with your keys"
          hint="Calls Anthropic, OpenAI, DeepSeek or your own server. Costs what they charge."
        />
      </FieldGroup>
      <Button type="submit" variant="primary" size="large" busy={pending}>
        Create and open the project
      </Button>
    </form>
  )
}
