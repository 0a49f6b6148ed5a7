import { notFound, redirect } from 'next/navigation'

/** The address `npm start` prints carries the link as `?token=`. */
export default async function SetupEntry({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const { token } = await searchParams
  if (typeof token !== 'string' || token === '') notFound()
  redirect(`/setup/${encodeURIComponent(token)}`)
}
