import { direct } from '#server/platform/database/direct'
import type { Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { lastWriteOf } from '#server/platform/database/transaction'

/** The one channel of NOTIFY: workers hear of jobs, web servers of events and live logs. It only says "look". */
export const CHANNEL = 'orchestrator_live'

/** An event as it is written, without its sequence. */
export interface EventRow {
  organizationId: string
  type: string
  projectId?: string
  requirementId?: string
  taskId?: string
  runId?: string
  decisionId?: string
  actor: object
  payload: unknown
}

/** Jobs for one queue, with the queue's own statement that inserts them from a JSON list in its parameter. */
export interface JobRows {
  lane: string
  insert: string
  jobs: unknown[]
}

const LIST = /\$1::text::json\b/

/** Bytes: Postgres refuses a longer notification than 8,000. */
const MOST_TOLD = 7_900

/**
 * What a transaction tells the world: its events, the jobs that follow, one notification. Written right before the
 * commit, in one statement, because from there to the commit the streams of the organizations are locked: whoever
 * has seen event n of an organization has seen everything before n.
 */
export class Outbox {
  readonly #events: EventRow[] = []
  readonly #jobs = new Map<string, JobRows>()

  /** The place of the first of them; a job names the event that caused it by its place (`data.sequence`, a number). */
  addEvents(rows: EventRow[]): number {
    this.#events.push(...rows)
    return this.#events.length - rows.length
  }

  addJobs(rows: JobRows): void {
    const present = this.#jobs.get(rows.lane)
    if (present) present.jobs.push(...rows.jobs)
    else this.#jobs.set(rows.lane, { ...rows, jobs: [...rows.jobs] })
  }

  async write(tx: Transaction): Promise<void> {
    const { queues, parameters } = this.#content()
    if (this.#events.length + queues.length === 0) return
    await direct(tx).rowsOf(statement(queues, NO_GUARD), parameters)
  }

  /** Sends `change` with everything else in one statement. @returns whether it changed a row; if not, nothing is told */
  async writeWith(tx: Transaction, change: Prisma.Sql): Promise<boolean> {
    const { queues, parameters } = this.#content()
    const values = [...parameters, ...change.values]
    const rows = await direct(tx).rowsOf<{ changed: boolean }>(statement(queues, change.text), values)
    return rows[0]?.changed === true
  }

  /** The same for events about the row that `change` returns. @returns that row, or null when there is none */
  async writeAbout<Row>(tx: Transaction, change: Prisma.Sql): Promise<Row | null> {
    const { queues, parameters } = this.#content()
    const values = [...parameters, ...change.values]
    const rows = await direct(tx).rowsOf<Row>(statement(queues, change.text, true), values)
    return rows[0] ?? null
  }

  #content(): { queues: JobRows[]; parameters: string[] } {
    const queues = [...this.#jobs.values()]
    const events = this.#events.map((row, place) => ({ ...row, place }))
    const lists = [events, queues.map(({ lane }) => lane), ...queues.map(({ jobs }) => jobs)]
    return { queues, parameters: lists.map((list) => JSON.stringify(list)) }
  }
}

/** Adds to what the transaction writes last; outside `transaction` it is written at once. */
export async function tell(tx: Transaction, add: (outbox: Outbox) => Promise<void>): Promise<void> {
  const outbox = lastWriteOf(tx, 'outbox', () => new Outbox())
  if (outbox) return add(outbox)
  const own = new Outbox()
  await add(own)
  await own.write(tx)
}

const texts = new Map<string, string>()

/** What always lets everything through. */
const NO_GUARD = 'select'

/**
 * $1 events, $2 names of the queues, $3 and on their jobs, then those of the change that everything depends on.
 * @param about the events are about the changed row, which is the answer
 */
function statement(queues: readonly JobRows[], change: string, about = false): string {
  const key = `${about} ${queues.map(({ lane }) => lane).join()} ${change}`
  let text = texts.get(key)
  if (!text) {
    const own = 2 + queues.length
    const guard = change.replace(/\$(\d+)/g, (_, number) => `$${Number(number) + own}`)
    const jobs = queues.map(({ insert }, index) => jobsText(insert, index))
    const given = about ? ABOUT_ROW : GIVEN
    text = `with guard as (${guard})${given}${EVENTS}${jobs.join('')}${TOLD}${about ? THE_ROW : WHETHER}`
    texts.set(key, text)
  }
  return text
}

const COLUMNS = `draft (
    place int, "organizationId" uuid, type text, "projectId" uuid, "requirementId" uuid, "taskId" uuid, "runId" uuid,
    "decisionId" uuid, actor jsonb, payload jsonb)`

const GIVEN = `
, given as (
  select * from jsonb_to_recordset($1::text::jsonb) as ${COLUMNS}
  where exists (select from guard)
)`

/** What the changed row says goes before what is given. */
const ABOUT_ROW = `
, given as (
  select place, draft."organizationId", draft.type, guard."projectId", guard."requirementId", guard."taskId",
    draft."runId", draft."decisionId", draft.actor, guard.told as payload
  from jsonb_to_recordset($1::text::jsonb) as ${COLUMNS} cross join guard
)`

const EVENTS = `
, counted as (
  select "organizationId", count(*) as many from given group by "organizationId"
), stream as (
  insert into "EventStream" ("organizationId", "lastSequence")
  select "organizationId", many from counted order by "organizationId"
  on conflict ("organizationId") do update set "lastSequence" = "EventStream"."lastSequence" + excluded."lastSequence"
  returning "organizationId", "lastSequence"
), numbered as (
  select given.*, stream."lastSequence" - counted.many
    + row_number() over (partition by "organizationId" order by given.place) as sequence
  from given join counted using ("organizationId") join stream using ("organizationId")
), stored as (
  insert into "Event" ("organizationId", sequence, type, "projectId", "requirementId", "taskId", "runId", "decisionId",
    actor, payload, at)
  select "organizationId", sequence, type, "projectId", "requirementId", "taskId", "runId", "decisionId",
    actor, payload, clock_timestamp() from numbered
)`

/** Windows of all transactions begin at the same moments, so that jobs of one window are due at once. */
const WINDOW_END = `(
    select jsonb_build_object('startAfter', date_bin(long, now(), 'epoch'::timestamptz) + long)
    from make_interval(secs => (job ->> 'gatherSeconds')::double precision) as long where job ? 'gatherSeconds'
  )`

/** The queue's own insert, reading a list in which places have become sequences, and windows times. */
function jobsText(insert: string, index: number): string {
  if (!LIST.test(insert)) throw new Error('the job queue inserts jobs in a way that the event log does not know')
  return `, list_${index} as (
  select coalesce(json_agg(
    case when numbered.sequence is null then job
    else jsonb_set(job, '{data,sequence}', to_jsonb(numbered.sequence::text)) end || coalesce(${WINDOW_END}, '{}')
    order by ordinality), '[]') as jobs
  from jsonb_array_elements($${index + 3}::text::jsonb) with ordinality as entry (job, ordinality)
  left join numbered on jsonb_typeof(job #> '{data,sequence}') = 'number'
    and numbered.place = (job #>> '{data,sequence}')::int
  where exists (select from guard)
), jobs_${index} as (${insert.replace(LIST, `(select jobs from list_${index})`)})`
}

const TOLD = `
, told as (
  select pg_notify('${CHANNEL}', case when octet_length(message) > ${MOST_TOLD} then '{"u":1}' else message end)
  from (
    select jsonb_strip_nulls(jsonb_build_object(
      'e', (select jsonb_agg(jsonb_build_array("organizationId", "lastSequence"::text)) from stream),
      'j', nullif($2::text::jsonb, '[]'::jsonb)))::text as message
  ) as news
  where exists (select from guard)
)`

const WHETHER = `
select exists (select from guard) as changed, (select count(*) from told) as told`

const THE_ROW = `
select guard.*, (select count(*) from told) as notified from guard`
