import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { database } from '#server/platform/database/client'
import type { JournalEntry } from '#server/scripted/journal'
import type { Tenant } from './tenant'

/** What must be nothing after every fault, each with what was found. */
export interface Findings {
  lost: string[]
  doubled: string[]
  paidTwice: string[]
  overshot: string[]
}

/** What one noun may have happened to it once. */
const ONCE: [type: string, subject: 'requirementId' | 'taskId' | 'runId' | 'decisionId'][] = [
  ['requirement.submitted', 'requirementId'],
  ['requirement.closed', 'requirementId'],
  ['requirement.cancelled', 'requirementId'],
  ['task.finished', 'taskId'],
  ['run.started', 'runId'],
  ['run.failed', 'runId'],
  ['merge.queued', 'runId'],
  ['merge.ended', 'runId'],
  ['decision.raised', 'decisionId'],
  ['decision.answered', 'decisionId'],
]

async function lostOf(tenant: Tenant): Promise<string[]> {
  const { organizationId, accepted, mayEnd } = tenant
  const rows = await database().requirement.findMany({ where: { organizationId } })
  const found: string[] = []
  for (const id of accepted) {
    const row = rows.find((candidate) => candidate.id === id)
    if (!row) found.push(`requirement ${id} was accepted and is not there`)
    else if (!(mayEnd as string[]).includes(row.status)) {
      found.push(`R${row.number} ended ${row.status}: ${row.statusReason}`)
    }
  }
  return [
    ...found,
    ...(await gaps(organizationId)),
    ...(await untold(organizationId)),
    ...(await nobody(organizationId)),
  ]
}

/** The sequence of an organization's events has no hole and no number beyond the last. */
async function gaps(organizationId: string): Promise<string[]> {
  const [row] = await database().$queryRaw<{ count: number; first: number; last: number; stream: number }[]>`
    select count(*)::int as count, coalesce(min(sequence), 1)::int as first, coalesce(max(sequence), 0)::int as last,
      (select "lastSequence"::int from "EventStream" where "organizationId" = ${organizationId}::uuid) as stream
    from "Event" where "organizationId" = ${organizationId}::uuid`
  if (!row || (row.count === row.last && row.first === 1 && row.stream === row.last)) return []
  return [`the event sequence has gaps: ${JSON.stringify(row)}`]
}

/** A state without the event that tells of it. */
async function untold(organizationId: string): Promise<string[]> {
  const rows = await database().$queryRaw<{ what: string }[]>`
    select 'task ' || ref || ' is done and no event says so' as what from "Task" t
      where "organizationId" = ${organizationId}::uuid and status = 'done'
      and not exists (select 1 from "Event" e where e."taskId" = t.id and e.type = 'task.finished')
    union all
    select 'R' || number || ' has ended and no event says so' from "Requirement" r
      where "organizationId" = ${organizationId}::uuid and status in ('done', 'partly_done', 'failed')
      and not exists (select 1 from "Event" e where e."requirementId" = r.id and e.type = 'requirement.closed')
    union all
    select 'a decision was answered and no event says so' from "Decision" d
      where "organizationId" = ${organizationId}::uuid and status = 'answered'
      and not exists (select 1 from "Event" e where e."decisionId" = d.id and e.type = 'decision.answered')`
  return rows.map(({ what }) => what)
}

/** Unfinished rows that nobody acts on, and rows of ended requirements that are still open. */
async function nobody(organizationId: string): Promise<string[]> {
  const rows = await database().$queryRaw<{ what: string }[]>`
    select 'requirement ' || number as what from "Requirement" where "organizationId" = ${organizationId}::uuid
      and status not in ('done', 'partly_done', 'failed', 'cancelled') and ("nextActor" = 'nobody' or "nextReason" = '')
    union all
    select 'task ' || ref from "Task" where "organizationId" = ${organizationId}::uuid
      and status not in ('done', 'failed', 'cancelled') and ("nextActor" = 'nobody' or "nextReason" = '')
    union all
    select 'run ' || id from "Run" where "organizationId" = ${organizationId}::uuid
      and status not in ('finished', 'failed', 'cancelled') and ("nextActor" = 'nobody' or "nextReason" = '')`
  const left = await database().$queryRaw<{ what: string }[]>`
    select 'a run of an ended requirement is still ' || run.status as what from "Run" run
      join "Requirement" r on r.id = run."requirementId"
      where run."organizationId" = ${organizationId}::uuid and run.status in ('queued', 'running')
      and r.status in ('done', 'partly_done', 'failed', 'cancelled')`
  return [...rows.map(({ what }) => `${what} is unfinished and has no next actor`), ...left.map(({ what }) => what)]
}

async function doubledOf(tenant: Tenant, dataFolder: string): Promise<string[]> {
  const { organizationId } = tenant
  const found: string[] = []
  for (const [type, subject] of ONCE) {
    const rows = await database().event.groupBy({ by: [subject], where: { organizationId, type }, _count: true })
    for (const row of rows) if (row._count > 1) found.push(`${row._count} × ${type} of ${String(row[subject])}`)
  }
  const merged = await database().merge.groupBy({
    by: ['taskId'],
    where: { organizationId, status: 'merged' },
    _count: true,
  })
  for (const row of merged) if (row._count > 1) found.push(`task ${row.taskId} was merged ${row._count} times`)
  return [...found, ...(await doubledCommits(tenant.projectId, dataFolder))]
}

/** Each task's run came onto main in one commit. */
async function doubledCommits(projectId: string, dataFolder: string): Promise<string[]> {
  const folder = path.join(dataFolder, 'workspaces', projectId)
  if (!existsSync(path.join(folder, '.git'))) return []
  const format = '--format=%(trailers:key=Run,valueonly,separator=%x2C)'
  const command = ['-c', 'safe.directory=*', '-C', folder, 'log', 'main', format]
  const { stdout } = await promisify(execFile)('git', command, { maxBuffer: 64 * 2 ** 20 })
  const runs = stdout.split('\n').filter(Boolean)
  return [...new Set(runs.filter((run, index) => runs.indexOf(run) !== index))].map(
    (run) => `run ${run} is twice on main`,
  )
}

/** Milliseconds that two clocks of one machine and a commit may lie apart. */
const CLOCK_SLACK = 250

/** Requests for a turn that was stored before they were made: each would be paid for and is not needed. */
async function paidTwiceOf(tenant: Tenant, journal: readonly JournalEntry[]): Promise<string[]> {
  const turns = await database().$queryRaw<{ runId: string; number: number; stored: number }[]>`
    select turn."runId"::text as "runId", turn.number,
      extract(epoch from pg_xact_commit_timestamp(turn.xmin))::float8 * 1000 as stored
    from "Turn" turn join "Run" run on run.id = turn."runId" where run."organizationId" = ${tenant.organizationId}::uuid`
  const storedAt = new Map(turns.map((turn) => [`${turn.runId}/${turn.number}`, turn.stored]))
  return journal.flatMap((entry) => {
    const stored = storedAt.get(`${entry.runId}/${entry.turn}`)
    if (stored === undefined || Date.parse(entry.at) <= stored + CLOCK_SLACK) return []
    return [`turn ${entry.turn} of run ${entry.runId} was requested at ${entry.at}, after it was stored`]
  })
}

/** Budgets beyond their limit, and counters that are not the sum of what they count. */
async function overshotOf(organizationId: string): Promise<string[]> {
  const rows = await database().$queryRaw<{ what: string }[]>`
    select level || ' budget is overshot: ' || ("spentTokens" + "reservedTokens") || ' of ' || "limitTokens" as what
      from "Budget" where "organizationId" = ${organizationId}::uuid and "spentTokens" + "reservedTokens" > "limitTokens"
    union all
    select level || ' budget has ' || "reservedTokens" || ' tokens reserved, open reservations ' || open.tokens
      from "Budget", (select coalesce(sum(tokens), 0) as tokens from "Reservation"
        where "organizationId" = ${organizationId}::uuid and status = 'open') open
      where "organizationId" = ${organizationId}::uuid and level = 'organization' and "reservedTokens" <> open.tokens
    union all
    select level || ' budget has ' || "spentTokens" || ' tokens spent, settled ones are ' || settled.tokens
      from "Budget", (select coalesce(sum("usedTokens"), 0) as tokens from "Reservation"
        where "organizationId" = ${organizationId}::uuid and status = 'settled') settled
      where "organizationId" = ${organizationId}::uuid and level = 'organization' and "spentTokens" <> settled.tokens`
  return rows.map(({ what }) => what)
}

export async function findingsOf(
  tenants: readonly Tenant[],
  world: { folder: string; journal: readonly JournalEntry[] },
): Promise<Findings> {
  const all: Findings = { lost: [], doubled: [], paidTwice: [], overshot: [] }
  for (const tenant of tenants) {
    all.lost.push(...(await lostOf(tenant)))
    all.doubled.push(...(await doubledOf(tenant, world.folder)))
    all.paidTwice.push(...(await paidTwiceOf(tenant, world.journal)))
    all.overshot.push(...(await overshotOf(tenant.organizationId)))
  }
  return all
}
