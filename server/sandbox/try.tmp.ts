import { bubblewrapCandidate } from '#server/sandbox/runners/bubblewrap/runner'
import { mkdtempSync } from 'node:fs'
const c = await bubblewrapCandidate()
if (typeof c === 'string') throw new Error(c)
const ws = () => mkdtempSync('/tmp/trytmp-')
if (process.argv[2] === 'stress') {
  const one = performance.now(); for (let i = 0; i < 10; i++) await c.runner.run({ workspace: ws(), command: 'true', writable: true, timeoutMs: 9000 })
  console.log('sequential', (performance.now() - one) / 10, 'ms each')
  for (let round = 0; round < 4; round++) {
    const t = performance.now()
    const r = await Promise.all(Array.from({ length: 16 }, (_, i) => c.runner.run({ workspace: ws(), command: `node -p ${i}`, writable: true, timeoutMs: 20000 })))
    console.log(r.every((x, i) => x.exitCode === 0 && x.output === `${i}\n`), Math.round(performance.now() - t))
  }
  const k = await Promise.all(Array.from({ length: 12 }, (_, i) => c.runner.run({ workspace: ws(), command: 'setsid sleep 7654321 & sleep 7654321', writable: true, timeoutMs: 1 + i * 8 })))
  console.log(k.map(x => `${x.timedOut}/${x.durationMs}`).join(' '))
} else void c.runner.run({ workspace: ws(), command: 'setsid sh -c "trap \'\' TERM HUP; sleep 7654321" & sleep 7654321', writable: true, timeoutMs: 100000 })
