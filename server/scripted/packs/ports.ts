import type { Capability } from '#server/agents/model'
import type { Acceptance, TaskKind } from '#server/planner/model'

/** A numbered sentence of the requirement, as the prompt gives it. */
export interface SourceStatement {
  ref: string
  kind: 'behaviour' | 'constraint' | 'quality' | 'context'
  section: string
  text: string
}

/** A decision a person took, as the prompt gives it. */
export interface Answer {
  question: string
  answer: string
  comment: string
}

interface SourceFile {
  path: string
  text: string
}

/** A choice the requirement leaves open. The unit's files can only be written once it is answered. */
export interface OpenChoice {
  statement: string
  question: string
  why: string
  options: { id: string; label: string; consequence: string }[]
  recommended: string
}

/** A piece of the build that one task makes: the files it owns and the commands that prove them. */
export interface BuildUnit {
  key: string
  title: string
  kind: TaskKind
  capability: Capability
  instructions: string
  /** keys of units whose files this one needs */
  dependsOn: string[]
  statements: string[]
  files: SourceFile[]
  acceptance: Acceptance[]
  /** Asked with ask_human before the unit is written, unless `answers` already holds the question. */
  choice?: OpenChoice
}

/** What the rules made of a requirement. Deterministic: the same input gives the same build, byte for byte. */
export interface Build {
  /** the packs that took part, e.g. ["crud-api"] */
  packs: string[]
  summary: string
  units: BuildUnit[]
  /** statements with a rule whose test tests exactly that statement; `rule` says which */
  covered: { ref: string; rule: string }[]
  /** statements no rule compiles: each becomes a todo test and a question to the human */
  questions: { statement: string; text: string }[]
}

export interface Source {
  title: string
  text: string
  statements: SourceStatement[]
  answers: Answer[]
}

/** A rule pack: claims the statements it can truly build and test, and says how. */
export interface Pack {
  name: string
  /** null when nothing in the source is its business */
  compile(source: Source): Pick<Build, 'units' | 'covered' | 'summary'> | null
}
