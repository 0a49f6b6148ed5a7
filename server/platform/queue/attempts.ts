import { pool } from '#server/platform/database/pool'
import { CHANNEL } from '#server/platform/events/outbox'

/**
 * One worker's hold on a job. pg-boss raises `retryCount` whenever the job is fetched again, so whoever writes under
 * an older number affects nothing.
 */
export interface Attempt {
  id: string
  retryCount: number
}

/**
 * Seconds without a heartbeat after which a job is taken from its worker, by the database's clock. With a look every
 * 2 seconds another worker has it at most 11 seconds after the last heartbeat.
 */
const LAPSE_SECONDS = 9

/** Takeovers of one job that are not delayed. A job that kills its workers must not kill all of them in a row. */
const FREE_TAKEOVERS = 3

/*
 * What pg-boss has no call for, on its table: a heartbeat for jobs of several queues in one statement, handing back
 * without a delay, and a faster look at dead workers than its own 10 seconds at least.
 */

/** Tells that these jobs are alive; the answer names those that are still ours. */
export async function beat(lanes: readonly string[], attempts: readonly Attempt[]): Promise<Set<string>> {
  if (attempts.length === 0) return new Set()
  const { rows } = await pool().query<{ id: string }>(
    `update pgboss.job as job set heartbeat_on = now()
     from unnest($2::uuid[], $3::int[]) as mine (id, attempt)
     where job.name = any($1::text[]) and job.id = mine.id and job.state = 'active' and job.retry_count = mine.attempt
     returning job.id`,
    [lanes, ...columns(attempts)],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Gives jobs back unfinished: another worker may take them at once, or after some seconds. */
export async function handBack(lanes: readonly string[], attempts: readonly Attempt[], seconds = 0): Promise<void> {
  if (attempts.length === 0) return
  await pool().query(
    `with back as (
       update pgboss.job as job set state = 'retry', start_after = now() + make_interval(secs => $4::double precision)
       from unnest($2::uuid[], $3::int[]) as mine (id, attempt)
       where job.name = any($1::text[]) and job.id = mine.id and job.state = 'active' and job.retry_count = mine.attempt
       returning job.name
     )
     select pg_notify('${CHANNEL}', jsonb_build_object('j', jsonb_agg(distinct name))::text) from back having count(*) > 0`,
    [lanes, ...columns(attempts), seconds],
  )
}

/** Takes jobs from workers that have not been heard of; how many. */
export async function takeOver(lanes: readonly string[]): Promise<number> {
  const { rows } = await pool().query<{ taken: number }>(
    `with lapsed as (
       select name, id from pgboss.job
       where name = any($1::text[]) and state = 'active' and heartbeat_on < now() - make_interval(secs => $2::double precision)
       for update skip locked
     ), taken as (
       update pgboss.job as job set state = 'retry', start_after = now() + make_interval(secs =>
         case when job.retry_count < ${FREE_TAKEOVERS} then 0
         else least(60, 2 ^ least(10, job.retry_count - ${FREE_TAKEOVERS})) * (0.5 + random() / 2) end)
       from lapsed where job.name = lapsed.name and job.id = lapsed.id
       returning job.name
     )
     select count(*)::int as taken,
       case when count(*) > 0
       then pg_notify('${CHANNEL}', jsonb_build_object('j', jsonb_agg(distinct name))::text)::text end
     from taken`,
    [lanes, LAPSE_SECONDS],
  )
  return rows[0]?.taken ?? 0
}

/** How many organizations have jobs waiting, counted up to `most`. */
export async function groupsWaiting(lane: string, most: number): Promise<string[]> {
  const { rows } = await pool().query<{ group_id: string }>(
    `select distinct group_id from pgboss.job where name = $1 and state < 'active' and group_id is not null limit $2`,
    [lane, most],
  )
  return rows.map((row) => row.group_id)
}

function columns(attempts: readonly Attempt[]): [string[], number[]] {
  return [attempts.map(({ id }) => id), attempts.map(({ retryCount }) => retryCount)]
}
