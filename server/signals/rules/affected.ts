import { matchesGlobs } from '#server/workspaces/rules/paths'

export interface TaskAtRisk {
  id: string
  ref: string
  title: string
  requirementId: string
  status: string
  agentId: string | null
  agentName: string
  owns: string[]
  /** ids of its runs: their branches are called task/<run> */
  runIds: string[]
  /** commits of its runs and its merge */
  commits: string[]
}

export interface RequirementAtRisk {
  id: string
  number: number
  /** when its work last reached main, else when it began, in milliseconds */
  lastChangeAt: number
}

export interface Affected {
  /** the task it is about, finished or not */
  named: TaskAtRisk | null
  /** unfinished tasks that wait for the answer */
  hold: TaskAtRisk[]
  requirementId: string | null
  why: string
}

const ended = new Set(['done', 'failed', 'cancelled'])
const unfinished = (task: TaskAtRisk) => !ended.has(task.status)
const same = (one: string, other: string) =>
  one.length >= 7 && other.length >= 7 && (one.startsWith(other) || other.startsWith(one))

/**
 * Which work of ours a report is about: the task whose branch, commit or files it names, else the unmerged work of the
 * requirement that changed main last. Nothing when no requirement is in progress.
 */
export function affectedBy(
  report: { branch: string; commit: string; paths: string[]; main: boolean },
  tasks: readonly TaskAtRisk[],
  requirements: readonly RequirementAtRisk[],
): Affected {
  const inProgress = new Set(requirements.map((requirement) => requirement.id))
  const present = tasks.filter((task) => inProgress.has(task.requirementId))
  const ofRequirement = (id: string) => present.filter((task) => task.requirementId === id && unfinished(task))
  const named = (task: TaskAtRisk, why: string): Affected => ({
    named: task,
    hold: unfinished(task) ? [task] : ofRequirement(task.requirementId),
    requirementId: task.requirementId,
    why,
  })
  const run = /^(?:refs\/heads\/)?task\/([0-9a-f-]{36})$/i.exec(report.branch)?.[1]
  const byBranch = run && present.find((task) => task.runIds.includes(run))
  if (byBranch) return named(byBranch, `The branch is the one of ${byBranch.ref}.`)
  const byCommit = report.commit && present.find((task) => task.commits.some((commit) => same(commit, report.commit)))
  if (byCommit) return named(byCommit, `The commit is one of ${byCommit.ref}.`)
  const byPaths = present.filter(
    (task) => unfinished(task) && report.paths.some((path) => matchesGlobs(path, task.owns)),
  )
  const [first] = byPaths
  if (first) {
    const refs = byPaths.map((task) => task.ref).join(', ')
    return { named: first, hold: byPaths, requirementId: first.requirementId, why: `The files belong to ${refs}.` }
  }
  const [last] = [...requirements].sort((one, other) => other.lastChangeAt - one.lastChangeAt)
  // A failure on somebody's branch that is none of ours is none of our business.
  if (!last || !report.main) return { named: null, hold: [], requirementId: null, why: '' }
  const hold = ofRequirement(last.id)
  const why =
    hold.length > 0 ? `R${last.number} changed main last; what it has not merged yet would build on this.` : ''
  return { named: null, hold, requirementId: hold.length > 0 ? last.id : null, why }
}
