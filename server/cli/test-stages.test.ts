import { describe, expect, it } from 'vitest'
import { add, countsOfFaults, countsOfPlaywright, countsOfVitest, summaryLine } from './test-stages'

describe('the summary of npm test', () => {
  it('adds up what vitest and Playwright report', () => {
    const vitest = countsOfVitest({ numPassedTests: 40, numFailedTests: 1, numFailedTestSuites: 3, numPendingTests: 2 })
    const playwright = countsOfPlaywright({ stats: { expected: 5, unexpected: 1, flaky: 1, skipped: 0 } })
    expect(summaryLine(add(vitest, playwright))).toBe('46 passed, 2 failed, 2 skipped')
  })

  it('counts a test file that could not be loaded', () => {
    expect(countsOfVitest({ numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 1 }).failed).toBe(1)
  })

  it('counts a fault that held, failed or could not be injected once each', () => {
    const rows = [
      { failures: [], skipped: null },
      { failures: ['lost', 'doubled'], skipped: null },
      { failures: [], skipped: 'needs root' },
    ]
    expect(countsOfFaults({ rows })).toEqual({ passed: 1, failed: 1, skipped: 1 })
  })

  it('leaves out what did not happen', () => {
    expect(summaryLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
  })
})
