import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { riskOf } from './risky-call'

const owned = (path: string) => path.startsWith('src/')

describe('riskOf', () => {
  test.each([
    ['write_file', { path: '.github/workflows/ci.yml' }, 'pipeline'],
    ['patch_file', { path: './Jenkinsfile' }, 'pipeline'],
    ['write_file', { path: 'package.json' }, 'dependencies'],
    ['write_file', { path: 'apps/web/pnpm-lock.yaml' }, 'dependencies'],
    ['patch_file', { path: 'Dockerfile' }, 'deployment'],
    ['write_file', { path: 'infra/main.tf' }, 'deployment'],
    ['write_file', { path: '.env.production' }, 'secrets'],
    ['write_file', { path: 'docs/a.md' }, 'foreign-file'],
    ['write_file', { path: 'src/store.js' }, null],
    ['read_file', { path: '.github/workflows/ci.yml' }, null],
    ['run_command', { command: 'npm install left-pad' }, 'dependencies'],
    ['run_command', { command: 'npm install' }, null],
    ['run_command', { command: 'npm test -- --run' }, null],
    ['run_command', { command: 'node --test && npm publish' }, 'deployment'],
    ['run_command', { command: 'kubectl apply -f x.yml' }, 'deployment'],
    ['run_command', { command: 'git push origin main' }, 'history'],
    ['run_command', { command: 'git status' }, null],
    ['run_command', { command: 'cat .github/workflows/ci.yml' }, null],
    ['run_command', { command: 'echo "on: push" > .github/workflows/ci.yml' }, 'pipeline'],
    ['run_command', { command: "sed -i 's/a/b/' package.json" }, 'dependencies'],
    ['run_command', { command: 'rm -f .env' }, 'secrets'],
    ['finish', { summary: 'npm publish' }, null],
  ])('%s %j: %s', (name, input, kind) => {
    expect(riskOf(name, input, owned)?.kind ?? null).toBe(kind)
  })

  test('takes whatever a model sends', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (name, input) => {
        expect(() => riskOf(name, input, null)).not.toThrow()
        expect(() => riskOf('run_command', { command: name }, null)).not.toThrow()
      }),
    )
  })
})
