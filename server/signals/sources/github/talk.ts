import type { Candidate, Nature, SignalFacts, State } from '../../ports'
import {
  aboutOf,
  at,
  branchOf,
  commitOf,
  isMain,
  known,
  list,
  noFacts,
  plainLine,
  plainText,
  repositoryPaths,
  safeUrl,
  severityOfLabels,
  shortCommit,
} from '../../rules/reading'
import { lines } from './builds'

const action = (body: unknown) => plainLine(at(body, 'action'), 60)
const repository = (body: unknown) => plainLine(at(body, 'repository', 'full_name'), 140)
const account = (body: unknown) => plainLine(at(body, 'sender', 'login'), 100)
const readable = (word: string) => word.replaceAll('_', ' ')

interface Talked {
  nature: Nature
  event: string
  state: State
  thing: string
  number: string
  title: string
  detail: string
  url: unknown
  facts?: Partial<SignalFacts>
}

function talked(body: unknown, given: Talked): Candidate {
  return {
    topic: `github:${given.event}:${action(body)}`,
    subject: `github:${repository(body)}:${given.event}:${given.number}:${action(body)}`,
    title: given.title,
    detail: given.detail,
    url: safeUrl(given.url) || safeUrl(at(body, 'repository', 'html_url')),
    groupKey: `github:${repository(body)}:${given.thing}`,
    facts: {
      ...noFacts,
      nature: given.nature,
      state: given.state,
      event: given.event,
      action: action(body),
      account: account(body),
      ...given.facts,
    },
  }
}

/** An issue, or a pull request told as one: GitHub sends both as `issue`. */
export function issue(body: unknown): Candidate {
  const of = at(body, 'issue')
  const labels = list(at(of, 'labels'))
  const isChange = at(of, 'pull_request') !== undefined || /\/pull\/\d+$/.test(safeUrl(at(of, 'html_url')))
  const opened = ['opened', 'reopened'].includes(action(body))
  const over = ['closed', 'deleted', 'transferred'].includes(action(body))
  const number = plainLine(at(of, 'number'), 20)
  const found = talked(body, {
    nature: isChange ? 'change' : 'issue',
    event: 'issues',
    state: opened ? 'opened' : over ? 'resolved' : 'changed',
    thing: isChange ? `change:${number}` : `issue:${number}`,
    number,
    title: `${isChange ? 'Pull request' : 'Issue'} #${number} ${readable(action(body))}: ${plainLine(at(of, 'title'), 140)}`,
    detail: plainText(at(of, 'body'), 4_000),
    url: at(of, 'html_url'),
    facts: { about: aboutOf([...labels, at(of, 'type', 'name')]), severity: severityOfLabels(labels) },
  })
  return opened || over ? { ...found, subject: `github:${repository(body)}:issue:${number}` } : found
}

export function issueComment(body: unknown): Candidate {
  const of = at(body, 'issue')
  const number = plainLine(at(of, 'number'), 20)
  const isChange = at(of, 'pull_request') !== undefined
  const comment = plainLine(at(body, 'comment', 'id'), 30)
  return talked(body, {
    nature: isChange ? 'change' : 'comment',
    event: 'issue_comment',
    state: 'changed',
    thing: isChange ? `change:${number}` : `issue:${number}`,
    number: `${number}:${comment}`,
    title: `Comment ${readable(action(body))} on #${number}: ${plainLine(at(of, 'title'), 140)}`,
    detail: plainText(at(body, 'comment', 'body'), 4_000),
    url: at(body, 'comment', 'html_url'),
    facts: { about: aboutOf(list(at(of, 'labels'))) },
  })
}

const changeStates: Readonly<Record<string, State>> = {
  opened: 'opened',
  reopened: 'opened',
  ready_for_review: 'opened',
  review_requested: 'opened',
  closed: 'resolved',
}

export function pullRequest(body: unknown): Candidate {
  const of = at(body, 'pull_request')
  const number = plainLine(at(of, 'number') ?? at(body, 'number'), 20)
  const merged = action(body) === 'closed' && at(of, 'merged') === true
  const branch = branchOf(at(of, 'head', 'ref'))
  const found = talked(body, {
    nature: 'change',
    event: 'pull_request',
    state: known(changeStates, action(body)) ?? 'changed',
    thing: `change:${number}`,
    number,
    title: `Pull request #${number} ${merged ? 'merged' : readable(action(body))}: ${plainLine(at(of, 'title'), 140)}`,
    detail: lines([
      ['From', branch],
      ['To', at(of, 'base', 'ref')],
      ['Draft', at(of, 'draft') === true ? 'yes' : ''],
      ['', at(of, 'body')],
    ]),
    url: at(of, 'html_url'),
    facts: { branch, commit: commitOf(at(of, 'head', 'sha')) },
  })
  // Opened and closed are about the same thing: the end closes what was opened.
  const subject = found.facts.state === 'changed' ? found.subject : `github:${repository(body)}:change:${number}`
  return { ...found, subject, topic: merged ? 'github:pull_request:merged' : found.topic }
}

export function review(body: unknown): Candidate {
  const of = at(body, 'pull_request')
  const number = plainLine(at(of, 'number'), 20)
  const said = plainLine(at(body, 'review', 'state'), 40).toLowerCase()
  const event = at(body, 'review') ? 'pull_request_review' : 'pull_request_review_comment'
  const wants = said === 'changes_requested'
  const ends = said === 'approved' || said === 'dismissed'
  const found = talked(body, {
    nature: 'change',
    event,
    state: wants ? 'failed' : ends ? 'passed' : 'changed',
    thing: `change:${number}`,
    number: `${number}:${plainLine(at(body, 'review', 'id') ?? at(body, 'comment', 'id'), 30)}`,
    title: `${wants ? 'Changes asked for on' : said === 'approved' ? 'Approved:' : 'Review of'} pull request #${number}: ${plainLine(at(of, 'title'), 120)}`,
    detail: plainText(at(body, 'review', 'body') ?? at(body, 'comment', 'body'), 4_000),
    url: at(body, 'review', 'html_url') ?? at(body, 'comment', 'html_url') ?? at(of, 'html_url'),
    facts: {
      branch: branchOf(at(of, 'head', 'ref')),
      commit: commitOf(at(of, 'head', 'sha')),
      paths: repositoryPaths([at(body, 'comment', 'path')]),
    },
  })
  // Who asked for changes, and approves or takes it back, ends it.
  if (!wants && !ends) return found
  const reviewer = plainLine(at(body, 'review', 'user', 'login'), 100)
  return { ...found, subject: `github:${repository(body)}:change:${number}:review:${reviewer}` }
}

export function discussion(body: unknown): Candidate {
  const of = at(body, 'discussion')
  const number = plainLine(at(of, 'number'), 20)
  const category = plainLine(at(of, 'category', 'name'), 60)
  const labels = [at(body, 'label'), ...list(at(of, 'labels'))]
  const open =
    action(body) === 'unanswered' || (action(body) === 'created' && at(of, 'category', 'is_answerable') === true)
  const event = at(body, 'comment') ? 'discussion_comment' : 'discussion'
  return talked(body, {
    nature: 'discussion',
    event,
    state: open && event === 'discussion' ? 'waiting' : action(body) === 'created' ? 'opened' : 'changed',
    thing: `discussion:${number}`,
    number: at(body, 'comment') ? `${number}:${plainLine(at(body, 'comment', 'id'), 30)}` : number,
    title: `${event === 'discussion' ? 'Discussion' : 'Comment in discussion'} #${number} ${readable(action(body))}: ${plainLine(at(of, 'title'), 140)}`,
    detail: lines([
      ['Category', category],
      ['', at(body, 'comment', 'body') ?? at(of, 'body')],
    ]),
    url: at(body, 'comment', 'html_url') ?? at(of, 'html_url'),
    facts: { about: aboutOf([...labels, category]) },
  })
}

export function push(body: unknown): Candidate {
  const ref = plainLine(at(body, 'ref'), 250)
  const branch = branchOf(ref)
  const name = branch || ref.replace(/^refs\/tags\//, 'tag ')
  const commits = list(at(body, 'commits'), 200)
  const commit = commitOf(at(body, 'after'))
  const deleted = at(body, 'deleted') === true
  const forced = at(body, 'forced') === true
  const main = isMain(branch, at(body, 'repository', 'default_branch'))
  const what = deleted
    ? `${name} was deleted`
    : `${commits.length} ${commits.length === 1 ? 'commit' : 'commits'} pushed to ${name}${forced ? ', history rewritten' : ''}`
  const files = commits.flatMap((entry) => [
    ...list(at(entry, 'added')),
    ...list(at(entry, 'modified')),
    ...list(at(entry, 'removed')),
  ])
  const found = talked(body, {
    nature: 'push',
    event: 'push',
    // Others build on main: its history must not change behind their backs.
    state: main && (forced || deleted) ? 'failed' : 'changed',
    thing: '',
    number: `${ref}:${commit}`,
    title: what,
    detail: commits
      .map((entry) => `${shortCommit(plainLine(at(entry, 'id'), 64))} ${plainLine(at(entry, 'message'), 200)}`)
      .join('\n'),
    url: at(body, 'compare') ?? at(body, 'head_commit', 'url'),
    facts: {
      branch,
      commit: /^0+$/.test(commit) ? '' : commit,
      main,
      paths: repositoryPaths(files),
      account: plainLine(at(body, 'pusher', 'name') ?? at(body, 'sender', 'login'), 100),
    },
  })
  return { ...found, topic: `github:push:${branch ? 'branch' : 'tag'}`, groupKey: '' }
}

export function release(body: unknown): Candidate {
  const of = at(body, 'release')
  const tag = plainLine(at(of, 'tag_name'), 100)
  const quiet = ['edited', 'deleted', 'unpublished'].includes(action(body)) || at(of, 'draft') === true
  return talked(body, {
    nature: 'release',
    event: 'release',
    state: quiet ? 'changed' : 'opened',
    thing: `release:${tag}`,
    number: tag,
    title: `Release ${plainLine(at(of, 'name'), 80) || tag} ${readable(action(body))}`,
    detail: plainText(at(of, 'body'), 4_000),
    url: at(of, 'html_url'),
    facts: { branch: branchOf(at(of, 'target_commitish')) },
  })
}

/** Events after which somebody should look whether that was meant. */
const sensitive = /^(?:branch_protection|deploy_key|member|team_add|repository_ruleset|org_block|public$|bypass)/
const delicate = new Set(['publicized', 'deleted', 'transferred', 'archived'])

/** Everything else a repository tells: kept, and nothing is asked of anybody. */
export function notice(event: string, body: unknown): Candidate {
  const told = readable(event || 'event').replace(/^./, (letter) => letter.toUpperCase())
  const look = sensitive.test(event) || (event === 'repository' && delicate.has(action(body)))
  return talked(body, {
    nature: 'notice',
    event: event || 'unnamed',
    state: look ? 'opened' : 'changed',
    thing: '',
    number: plainLine(at(body, 'ref') ?? at(body, 'number') ?? at(body, 'sender', 'login'), 100),
    title: `${told} ${readable(action(body))} in ${repository(body) || 'GitHub'}`.replace(/ {2,}/g, ' '),
    detail: '',
    url: at(body, 'repository', 'html_url') ?? at(body, 'organization', 'url'),
  })
}
