import type { ToolInput, ToolName } from '#server/runs/model'
import type { Conversation, Step, StepCall } from '#server/scripted/model'
import type { BuildUnit, Source } from '#server/scripted/packs/ports'
import { sourceOf } from '#server/scripted/personas/analyst'
import { briefsOf, type TaskBlock } from '#server/scripted/rules/blocks'
import { type Compile, unitOf, wholeBuild } from '#server/scripted/rules/whole-build'
import { callsDone, chosenOption, commandOutcome, type Done } from '#server/scripted/rules/work-done'

/** Files of one turn; more are written in the next. */
const FILES_PER_TURN = 8
const WRITE_ATTEMPTS = 2
const COMMAND_SECONDS = 120
const OUTPUT_SHOWN = 2_000

interface Work {
  task: TaskBlock
  unit: BuildUnit
  done: Done[]
  feedback: string
}

/**
 * Builds one task, one step at a time. Where it stands is read from the calls already answered: look around, ask what
 * is open, write the files, run the checks, tell what came out, finish.
 */
export function implementer(conversation: Conversation, compile: Compile): Step {
  const brief = briefsOf(conversation).findLast((each) => each.purpose === 'implement')
  const done = callsDone(conversation)
  if (done.some((call) => call.name === 'finish' && !call.failed)) {
    return { thinking: '', text: '[scripted] I have finished; there is nothing left to do.', calls: [], stop: 'end' }
  }
  const task = brief?.task
  if (!brief || !task) return give('There is no task in this conversation.', 'I was given no task, so I built nothing.')
  const source = sourceOf(brief)
  const unitFrom = (known: Source): BuildUnit | null => unitOf(wholeBuild(known, compile), task)
  const unit = unitFrom(source)
  if (!unit) return unknownTask(task)
  if (!done.some((call) => call.name === 'list_files')) return start(task, brief.feedback)
  const open = unit.choice ? settleChoice(unit, source, done, unitFrom) : unit
  return 'calls' in open ? open : build({ task, unit: open, done, feedback: brief.feedback })
}

function call<Name extends ToolName>(name: Name, input: ToolInput<Name>): StepCall {
  return { name, arguments: JSON.stringify(input) }
}

function step(text: string, calls: StepCall[]): Step {
  return {
    thinking: `[scripted] Next by the rules: ${calls.map((each) => each.name).join(', ')}.`,
    text: `[scripted] ${text}`,
    calls,
    stop: 'tool_use',
  }
}

function give(text: string, summary: string): Step {
  return step(text, [call('finish', { summary: `[scripted] ${summary}` })])
}

function unknownTask(task: TaskBlock): Step {
  return give(
    `I do not know the task “${task.title}”: no rule of mine makes these files, so I leave them alone.`,
    `Nothing was built for “${task.title}”. The scripted provider only carries out tasks that its own rules planned; this one needs an agent with a model.`,
  )
}

function start(task: TaskBlock, feedback: string): Step {
  const again = feedback
    ? ` The last attempt came back with: “${feedback.replaceAll(/\s+/g, ' ').slice(0, 200)}”. My rules know one way only; I write it again and run the checks.`
    : ''
  return step(`${task.ref} ${task.title}: first I look at what is there.${again}`, [call('list_files', { path: '.' })])
}

/** Asks what the requirement leaves open, or takes the answer that came. Never decides in a person's place. */
function settleChoice(
  unit: BuildUnit,
  source: Source,
  done: readonly Done[],
  rebuilt: (source: Source) => BuildUnit | null,
): BuildUnit | Step {
  const choice = unit.choice
  const answered = source.answers.some((answer) => answer.question === choice?.question)
  if (!choice || (answered && unit.files.length > 0)) return unit
  const asked = done.findLast((each) => each.name === 'ask_human')
  if (!asked) {
    const { question, why, options, recommended } = choice
    return step(`One thing is left open in ${choice.statement}, and it changes what I build. I ask.`, [
      call('ask_human', { question, why, options, recommended }),
    ])
  }
  const option = asked.failed ? null : chosenOption(asked.output, choice.options)
  const settled =
    option &&
    rebuilt({
      ...source,
      answers: [...source.answers, { question: choice.question, answer: option.label, comment: '' }],
    })
  if (option && settled && settled.files.length > 0) return { ...settled, choice: undefined }
  return give(
    `I can not tell which option was chosen from “${asked.output.slice(0, 200)}”, so I do not guess.`,
    `Nothing was built: the question “${choice.question}” has no answer that I understand.`,
  )
}

function build({ task, unit, done, feedback }: Work): Step {
  const written = new Set(
    done.filter((each) => each.name === 'write_file' && !each.failed).map((each) => each.input.path),
  )
  const missing = unit.files.filter((file) => !written.has(file.path))
  const stuck = missing.filter((file) => failures(done, file.path).length >= WRITE_ATTEMPTS)
  if (stuck[0]) return tellStuck(stuck[0].path, task, done)
  if (missing.length > 0) {
    const batch = missing.slice(0, FILES_PER_TURN)
    return step(
      `I write ${batch.map((file) => file.path).join(', ')}.`,
      batch.map(({ path, text }) => call('write_file', { path, content: text })),
    )
  }
  const acceptance = task.acceptance.length > 0 ? task.acceptance : unit.acceptance
  const ran = (command: string): Done | undefined =>
    done.findLast((each) => each.name === 'run_command' && each.input.command === command)
  const next = acceptance.find((item) => !ran(item.command))
  if (next) {
    return step(`I run the check ${next.id}: ${next.command}`, [
      call('run_command', { command: next.command, timeout_seconds: COMMAND_SECONDS }),
    ])
  }
  const outcomes = acceptance.flatMap((item) => {
    const run = ran(item.command)
    return run ? [{ command: item.command, run, outcome: commandOutcome(run) }] : []
  })
  const bad = outcomes.find((each) => each.outcome !== 'passed')
  return bad ? tellBad(bad, done) : finish(unit, outcomes.length, feedback)
}

function failures(done: readonly Done[], path: string): Done[] {
  return done.filter((each) => each.name === 'write_file' && each.failed && each.input.path === path)
}

function signalled(done: readonly Done[]): boolean {
  return done.some((each) => each.name === 'emit_signal')
}

function tellStuck(path: string, task: TaskBlock, done: readonly Done[]): Step {
  const why = failures(done, path).at(-1)?.output.slice(0, OUTPUT_SHOWN) ?? ''
  if (!signalled(done)) {
    return step(`${path} could not be written: ${why.slice(0, 300)}`, [
      call('emit_signal', { kind: 'quality_issue', title: `${task.ref}: ${path} could not be written`, detail: why }),
    ])
  }
  return give('I stop here.', `${task.title} is not done: ${path} could not be written. ${why.slice(0, 300)}`)
}

function tellBad(bad: { command: string; run: Done; outcome: string }, done: readonly Done[]): Step {
  const words = bad.outcome === 'failed' ? 'failed' : 'ended in a way I can not read'
  const output = bad.run.output.slice(-OUTPUT_SHOWN)
  if (!signalled(done)) {
    return step(`The check \`${bad.command}\` ${words}. My rules know no other way to build this, so I report it.`, [
      call('emit_signal', {
        kind: 'quality_issue',
        title: `Check ${words}: ${bad.command.slice(0, 120)}`,
        detail: output,
      }),
    ])
  }
  return give(
    'I finish without claiming success.',
    `The files are written, but the check \`${bad.command}\` ${words}. It needs an agent with a model or a person.`,
  )
}

function finish(unit: BuildUnit, checks: number, feedback: string): Step {
  const files = unit.files.map((file) => file.path).join(', ')
  const again = feedback ? ' This was a further attempt after feedback; the same files were written.' : ''
  return give(
    'All checks passed here. The orchestrator runs them again itself.',
    `Wrote ${files}. ${checks} ${checks === 1 ? 'check' : 'checks'} passed here.${again}`,
  )
}
