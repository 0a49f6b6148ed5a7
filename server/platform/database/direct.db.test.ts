/** Statements that go past Prisma's engine are part of its transaction, and never of anybody else's. */
import { expect, test, vi } from 'vitest'
import { database } from './client'
import { direct } from './direct'
import { databaseFailure } from './failures'
import { Prisma } from './generated/client'
import { send, type Transaction, transaction } from './transaction'

const backendOf = async (tx: Transaction) =>
  (await direct(tx).rows<{ pid: number }>`select pg_backend_pid() as pid`)[0]?.pid

test('they run on the connection of the transaction, and are rolled back with it', async () => {
  await database().$executeRaw`create table note (text text)`
  await transaction(async (tx) => {
    const [prisma] = await tx.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`
    expect(await backendOf(tx)).toBe(prisma?.pid)
    expect(await direct(tx).changed`insert into note values (${'kept'})`).toBe(1)
  })
  const failing = transaction(async (tx) => {
    await direct(tx).changed`insert into note values (${'lost'})`
    expect(await tx.$queryRaw`select text from note where text = 'lost'`).toHaveLength(1)
    throw new Error('no good')
  })
  await expect(failing).rejects.toThrow('no good')
  expect(await direct(database()).rows`select text from note`).toEqual([{ text: 'kept' }])
})

test('what comes after the end of its transaction is refused', async () => {
  let release = () => {}
  let inside: Promise<unknown> = Promise.resolve()
  await transaction(async (tx) => {
    inside = new Promise<void>((resolve) => (release = resolve)).then(() => backendOf(tx))
  })
  release()
  const error = await inside.catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'TransactionEnded' })
  expect(databaseFailure(error)).toBe('overloaded')
})

test('a statement that fails ends the transaction as one of Prisma’s does', async () => {
  const failing = transaction(async (tx) => {
    await direct(tx).rows`select 1 / ${0}::integer as nothing`
  })
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  expect(await transaction(backendOf)).toBeGreaterThan(0)
})

test('what is sent without waiting comes before what is sent later, and the transaction waits for it', async () => {
  await database().$executeRaw`create table step (number integer primary key)`
  const slow = (tx: Transaction, number: number) =>
    direct(tx).changed`insert into step select ${number}::integer from pg_sleep(0.2)`
  const read = await transaction(async (tx) => {
    await send(tx, slow(tx, 1))
    const rows = await direct(tx).rows<{ number: number }>`select number from step`
    await send(tx, slow(tx, 2))
    return rows
  })
  expect(read).toEqual([{ number: 1 }])
  expect(await direct(database()).rows`select number from step order by 1`).toEqual([{ number: 1 }, { number: 2 }])
})

test('of what was sent the first that failed is the reason, whatever failed because of it', async () => {
  const inserted = (tx: Transaction) => direct(tx).changed`insert into step values (${1})`
  const failing = transaction(async (tx) => {
    await send(tx, inserted(tx))
    await direct(tx).rows`select number from step` // 25P02: the transaction is aborted
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  const atTheEnd = transaction((tx) => send(tx, inserted(tx)))
  await expect(atTheEnd).rejects.toMatchObject({ code: '23505' })
  await expect(database().$transaction((tx) => send(tx, inserted(tx)))).rejects.toThrow(/unique|23505/i)
})

test('statements of one round trip are carried out in the order of the calls', async () => {
  const rows = await transaction((tx) =>
    Promise.all([
      direct(tx).changed`update step set number = number + 10`,
      direct(tx).rows<{ most: number }>`select max(number)::integer as most from step`,
      direct(tx).changed`delete from step`,
      direct(tx).rows<{ most: number | null }>`select max(number)::integer as most from step`,
    ]),
  )
  expect(rows).toEqual([2, [{ most: 12 }], 2, [{ most: null }]])
})

test('a transaction that Prisma alone began is joined through Prisma', async () => {
  await database().$transaction(async (tx) => {
    const [prisma] = await tx.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`
    expect(await backendOf(tx)).toBe(prisma?.pid)
  })
})

test('values come back as from Prisma’s own raw queries', async () => {
  const query = Prisma.sql`
    select ${42n}::bigint as big, count(*) as many, ${new Date(1_500)}::timestamptz(3) as at, ${['a,b', '"c"']}::text[] as list,
      ${JSON.stringify({ deep: [1] })}::jsonb as json, ${null}::text as nothing, ${1.5}::float8 as float, 7 as small, true as yes`
  const [ours] = await direct(database()).rows`${query}`
  const [theirs] = await database().$queryRaw<unknown[]>(query)
  expect(ours).toEqual(theirs)
  expect(ours).toMatchObject({ big: 42n, many: 1n, at: new Date(1_500), list: ['a,b', '"c"'] })
})

test('a second copy of the code, as Next’s bundles have them, finds the connection of its transactions', async () => {
  await transaction(backendOf)
  vi.resetModules()
  const [copy, its] = await Promise.all([import('./transaction'), import('./direct')])
  expect(copy.transaction).not.toBe(transaction)
  const found = await copy.transaction((tx) => its.direct(tx).rows<{ pid: number }>`select pg_backend_pid() as pid`)
  expect(found[0]?.pid).toBeGreaterThan(0)
})
