import type { Impact, SignalKind, Size, Urgency } from '../model'
import type { Severity, SignalFacts } from '../ports'

export interface Classification {
  kind: SignalKind
  urgency: Urgency
  impact: Impact
  size: Size
  ruleId: string
  /** in words for people */
  why: string
}

type Judged = [kind: SignalKind, urgency: Urgency, impact: Impact, why: string, size?: Size]
interface Rule {
  id: string
  when: (facts: SignalFacts) => boolean
  judge: (facts: SignalFacts) => Judged
}

const is = (...natures: SignalFacts['nature'][]) => {
  const wanted = new Set(natures)
  return (facts: SignalFacts) => wanted.has(facts.nature)
}
const and =
  (...tests: ((facts: SignalFacts) => boolean)[]) =>
  (facts: SignalFacts) =>
    tests.every((test) => test(facts))
const state =
  (...states: SignalFacts['state'][]) =>
  (facts: SignalFacts) =>
    states.includes(facts.state)
const onMain = (facts: SignalFacts) => facts.main
const grave = (severity: Severity) => severity === 'critical' || severity === 'high'

/** How soon a problem of this severity matters to a team at work. */
function soon(severity: Severity, gravest: Urgency = 'now'): Urgency {
  if (severity === 'critical') return gravest
  return severity === 'high' || severity === 'medium' ? 'today' : 'whenever'
}

const reported: Readonly<Record<SignalKind, [Urgency, Impact]>> = {
  decision_needed: ['now', 'requirement'],
  quality_issue: ['today', 'requirement'],
  integration: ['today', 'project'],
  requirement: ['today', 'project'],
  innovation: ['whenever', 'project'],
}

/** What was reported with its kind: by our agents, or by a mapping somebody wrote. */
const reports: Rule[] = [
  {
    id: 'reported-over',
    when: and(is('report'), state('resolved')),
    judge: (facts) => [facts.kind || 'integration', 'whenever', 'project', 'It is reported as over.', 'small'],
  },
  {
    id: 'reported-kind',
    when: (facts) => facts.nature === 'report' && facts.kind !== '',
    judge: ({ kind, severity }) => {
      const of = kind || 'quality_issue'
      const [urgency, impact] = reported[of]
      const sooner = severity === 'critical' ? 'now' : severity === 'low' ? 'whenever' : urgency
      return [of, sooner, impact, `Whoever reported it called it ${of.replace('_', ' ')}.`]
    },
  },
]

const builds: Rule[] = [
  {
    id: 'build-failed-main',
    when: and(is('build', 'check'), state('failed'), onMain),
    judge: () => ['quality_issue', 'now', 'project', 'It failed on the branch everybody builds on.'],
  },
  {
    id: 'build-failed-branch',
    when: and(is('build', 'check'), state('failed')),
    judge: () => ['quality_issue', 'today', 'task', 'It failed on a branch: whoever works there needs to know.'],
  },
  {
    id: 'build-waits',
    when: and(is('build'), state('waiting')),
    judge: () => ['decision_needed', 'today', 'project', 'The run waits for somebody to allow it.', 'small'],
  },
  {
    id: 'check-waits',
    when: and(is('check'), state('waiting')),
    judge: () => ['decision_needed', 'today', 'task', 'Somebody asks for an action on a check.', 'small'],
  },
  {
    id: 'build-noted',
    when: is('build'),
    judge: () => ['integration', 'whenever', 'project', 'A run that asks for nothing.', 'small'],
  },
  {
    id: 'check-noted',
    when: is('check'),
    judge: () => ['integration', 'whenever', 'task', 'A check of one commit that asks for nothing.', 'small'],
  },
  {
    id: 'deployment-failed',
    when: and(is('deployment'), state('failed')),
    judge: ({ main }) =>
      main
        ? ['quality_issue', 'now', 'project', 'A deployment to production failed.']
        : ['quality_issue', 'today', 'project', 'A deployment failed, not in production.'],
  },
  {
    id: 'deployment-waits',
    when: and(is('deployment'), state('waiting')),
    judge: () => ['decision_needed', 'today', 'project', 'A deployment waits for somebody to allow it.', 'small'],
  },
  {
    id: 'deployment-noted',
    when: is('deployment'),
    judge: () => ['integration', 'whenever', 'project', 'A deployment that asks for nothing.', 'small'],
  },
]

const problems: Rule[] = [
  {
    id: 'problem-over',
    when: and(is('alert', 'error', 'security', 'finding', 'advisory'), state('resolved')),
    judge: ({ nature }) => [
      'quality_issue',
      'whenever',
      nature === 'advisory' ? 'organization' : 'project',
      'It is over: fixed, resolved or dismissed.',
      'small',
    ],
  },
  {
    id: 'alert-firing',
    when: is('alert'),
    judge: ({ severity }) =>
      grave(severity)
        ? ['quality_issue', 'now', 'project', `The alert fires with severity ${severity}.`]
        : ['quality_issue', soon(severity), 'project', `The alert fires, its severity is ${severity}.`],
  },
  {
    id: 'error-seen',
    when: is('error'),
    judge: ({ severity, main }) => [
      'quality_issue',
      main ? soon(severity) : 'whenever',
      'project',
      `The running software reports an error of severity ${severity}.`,
    ],
  },
  {
    id: 'secret-leaked',
    when: (facts) => facts.nature === 'security' && facts.event.startsWith('secret'),
    judge: () => ['quality_issue', 'now', 'organization', 'A secret lies open: it must be replaced at once.'],
  },
  {
    id: 'security-found',
    when: is('security'),
    judge: ({ severity }) => [
      'quality_issue',
      soon(severity),
      'project',
      `A weakness of severity ${severity} is open.`,
    ],
  },
  {
    id: 'advisory-out',
    when: is('advisory'),
    judge: ({ severity }) => [
      'quality_issue',
      soon(severity),
      'organization',
      `An advisory of severity ${severity} reaches everybody who uses the package.`,
    ],
  },
  {
    id: 'finding-new',
    when: and(is('finding'), state('opened')),
    judge: ({ severity }) => [
      'quality_issue',
      soon(severity, 'today'),
      'project',
      `The scan found something new; the worst is ${severity}.`,
    ],
  },
  {
    id: 'finding-known',
    when: is('finding'),
    judge: () => ['quality_issue', 'whenever', 'project', 'The scan found nothing that was not known.', 'small'],
  },
]

/** What people write: kinds by what they call it. */
function talkKind(facts: SignalFacts): SignalKind {
  if (facts.about === 'bug') return 'quality_issue'
  if (facts.about === 'question') return 'decision_needed'
  return facts.about === 'idea' ? 'innovation' : 'requirement'
}
const called: Readonly<Record<SignalFacts['about'], string>> = {
  bug: 'It is called a bug.',
  question: 'It is called a question.',
  idea: 'It is called an idea.',
  '': 'Somebody asks for something.',
}

const people: Rule[] = [
  {
    id: 'issue-opened',
    when: and(is('issue'), state('opened')),
    judge: (facts) => {
      const kind = talkKind(facts)
      const bad = kind === 'quality_issue' && grave(facts.severity)
      const impact = bad ? 'project' : kind === 'requirement' ? 'requirement' : 'task'
      const urgency = bad ? 'now' : kind === 'innovation' ? 'whenever' : 'today'
      return [kind, urgency, impact, called[facts.about]]
    },
  },
  {
    id: 'issue-changed',
    when: is('issue', 'comment'),
    judge: (facts) => [
      talkKind(facts),
      'whenever',
      'task',
      `${called[facts.about]} Only a detail of it changed.`,
      'small',
    ],
  },
  {
    id: 'change-wants-work',
    when: and(is('change'), state('failed')),
    judge: () => ['quality_issue', 'today', 'task', 'A reviewer asks for changes.'],
  },
  {
    id: 'change-opened',
    when: and(is('change'), state('opened')),
    judge: () => ['integration', 'today', 'task', 'A change waits to be reviewed and merged.'],
  },
  {
    id: 'change-noted',
    when: is('change'),
    judge: () => ['integration', 'whenever', 'task', 'A detail of a change; nothing is asked.', 'small'],
  },
  {
    id: 'discussion-waits',
    when: and(is('discussion'), state('waiting')),
    judge: () => ['decision_needed', 'today', 'project', 'A question waits for an answer.', 'small'],
  },
  {
    id: 'discussion-noted',
    when: is('discussion'),
    judge: (facts) => [
      facts.about === 'question' ? 'requirement' : talkKind(facts),
      'whenever',
      'project',
      'People talk; nothing is asked of anybody.',
      'small',
    ],
  },
  {
    id: 'history-rewritten',
    when: and(is('push'), state('failed')),
    judge: () => ['quality_issue', 'today', 'project', 'The history of the branch everybody builds on was rewritten.'],
  },
  {
    id: 'push-noted',
    when: is('push'),
    judge: () => ['integration', 'whenever', 'project', 'Commits came in; checks will say what they do.', 'small'],
  },
  {
    id: 'release-out',
    when: and(is('release'), state('opened')),
    judge: () => ['integration', 'today', 'project', 'A version is out: it can be rolled out.'],
  },
  {
    id: 'release-noted',
    when: is('release'),
    judge: () => ['integration', 'whenever', 'project', 'Only a detail of a release changed.', 'small'],
  },
  {
    id: 'notice-sensitive',
    when: and(is('notice'), state('opened')),
    judge: () => ['integration', 'today', 'project', 'Who may do what has changed over there: was it meant?', 'small'],
  },
  {
    id: 'notice',
    when: is('notice'),
    judge: () => ['integration', 'whenever', 'project', 'An event that asks for nothing.', 'small'],
  },
]

/** What the engine itself notices. */
const own: Rule[] = [
  {
    id: 'work-failed',
    when: and(is('work'), state('failed')),
    judge: ({ event }) =>
      event === 'requirement.closed'
        ? ['quality_issue', 'now', 'requirement', 'A requirement ended without being built.', 'large']
        : ['quality_issue', 'today', 'requirement', 'Work was given up, and what builds on it with it.'],
  },
  {
    id: 'work-repeats',
    when: and(is('work'), state('changed')),
    judge: () => ['quality_issue', 'today', 'task', 'The same task was sent back again and again.'],
  },
  {
    id: 'work-ready',
    when: is('work'),
    judge: () => ['integration', 'today', 'project', 'Everything that was asked for is proven on the merged result.'],
  },
  {
    id: 'actor-overdue',
    when: is('overdue'),
    judge: () => ['decision_needed', 'now', 'requirement', 'Whoever should act next has not, for too long.', 'small'],
  },
  {
    id: 'budget-reached',
    when: and(is('budget'), state('failed')),
    judge: () => ['decision_needed', 'now', 'requirement', 'The budget is used up: work stops until somebody decides.'],
  },
  {
    id: 'budget-near',
    when: is('budget'),
    judge: () => ['decision_needed', 'today', 'requirement', 'Most of the budget is used.', 'small'],
  },
  {
    id: 'health-bad',
    when: and(is('health'), state('failed')),
    judge: () => ['quality_issue', 'now', 'organization', 'Most calls of an agent fail for reasons of its provider.'],
  },
  {
    id: 'health-good',
    when: is('health'),
    judge: () => ['integration', 'whenever', 'organization', 'An agent works again.', 'small'],
  },
]

const rules: readonly Rule[] = [...reports, ...builds, ...problems, ...people, ...own]

/** Ids of all rules, for the page that shows how often each was right. */
export const ruleIds: readonly string[] = rules.map((rule) => rule.id)

/** What a signal is, by the first rule that knows; null when none does. */
export function classify(facts: SignalFacts): Classification | null {
  const rule = rules.find((candidate) => candidate.when(facts))
  if (!rule) return null
  const [kind, urgency, impact, why, size = 'medium'] = rule.judge(facts)
  return { kind, urgency, impact, size, ruleId: rule.id, why }
}

export const UNDECIDED = 'no-rule'

/** What nobody could classify: people look at it when they have time. */
export function unclassified(why: string): Classification {
  return { kind: 'decision_needed', urgency: 'today', impact: 'project', size: 'small', ruleId: UNDECIDED, why }
}

/**
 * A problem that stops work of ours matters now, wherever it happened: the work waits for the answer.
 */
export function raisedByWork(found: Classification, touchesWork: boolean): Classification {
  if (!touchesWork || found.kind !== 'quality_issue' || found.urgency !== 'today') return found
  return { ...found, urgency: 'now', why: `${found.why} Work in progress waits for it.` }
}
