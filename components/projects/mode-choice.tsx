import { Radio } from '#components/ui/choice'
import { FieldGroup } from '#components/ui/field'
import type { ProjectMode } from '#server/projects/model'

/** Who does the work, with what that means. `hasKeys` false warns before the first run fails for want of a key. */
export function ModeChoice({ value, hasKeys, disabled }: { value: ProjectMode; hasKeys: boolean; disabled?: boolean }) {
  return (
    <ChoiceOf
      legend="Who does the work"
      name="providerMode"
      value={value}
      disabled={disabled}
      answers={[
        {
          value: 'scripted',
          label: 'Scripted demo (no key needed)',
          hint: 'A built-in program plays the agents by fixed rules: real code, real tests, no AI model, no cost. Everything it makes is marked “scripted”.',
        },
        {
          value: 'live',
          label: 'AI models with your keys',
          hint: hasKeys
            ? 'Calls the providers of your agents and costs what they charge. Sends them the requirement and the project’s files.'
            : 'There is no provider key yet: runs would wait until you add one under Provider keys.',
        },
      ]}
    />
  )
}

/** Whether each plan waits for a person. */
export function ApprovalChoice({ value, disabled }: { value: 'ask' | 'automatic'; disabled?: boolean }) {
  return (
    <ChoiceOf
      legend="When a plan is ready"
      name="planApproval"
      value={value}
      disabled={disabled}
      answers={[
        {
          value: 'ask',
          label: 'Ask before work begins',
          hint: 'You see the tasks and approve them or say what to change.',
        },
        {
          value: 'automatic',
          label: 'Begin by itself',
          hint: 'A plan that passes all checks is carried out at once. Questions that matter are still asked.',
        },
      ]}
    />
  )
}

/** Whether agents ask before a risky step. */
export function RiskChoice({ value, disabled }: { value: 'allow' | 'ask'; disabled?: boolean }) {
  return (
    <ChoiceOf
      legend="When an agent wants to do something risky"
      name="riskyCalls"
      value={value}
      disabled={disabled}
      answers={[
        {
          value: 'ask',
          label: 'Ask somebody first',
          hint: 'Changing pipelines, dependencies, deployment, secrets or files it does not own waits for a person; unanswered for 4 hours, it is refused.',
        },
        {
          value: 'allow',
          label: 'Let it',
          hint: 'The sandbox without network, the checks and the review are what holds.',
        },
      ]}
    />
  )
}

interface ChoiceOfProps<Value extends string> {
  legend: string
  name: string
  value: Value
  disabled?: boolean
  answers: readonly { value: Value; label: string; hint: string }[]
}

function ChoiceOf<Value extends string>({ legend, name, value, disabled, answers }: ChoiceOfProps<Value>) {
  return (
    <FieldGroup legend={legend}>
      {answers.map((answer) => (
        <Radio
          key={answer.value}
          framed
          name={name}
          defaultChecked={value === answer.value}
          disabled={disabled}
          {...answer}
        />
      ))}
    </FieldGroup>
  )
}

/** The two choices as the API takes them. */
export function choicesOf(form: FormData) {
  return {
    providerMode: form.get('providerMode') === 'live' ? ('live' as const) : ('scripted' as const),
    planApproval: form.get('planApproval') === 'automatic' ? ('automatic' as const) : ('ask' as const),
  }
}
