import type { Scenario } from './scenario'
import { backendsTerminated } from './scenarios/backends-terminated'
import { bytesCut } from './scenarios/bytes-cut'
import { cancelStorm } from './scenarios/cancel-storm'
import { clockOffScenario } from './scenarios/clock-off'
import { connectionsExhausted } from './scenarios/connections-exhausted'
import { contextTooLong } from './scenarios/context-too-long'
import { decidedByFifty } from './scenarios/decided-by-fifty'
import { diskFull } from './scenarios/disk-full'
import { endlessAnswer } from './scenarios/endless-answer'
import { frozenBackends } from './scenarios/frozen-backends'
import { hugeFrameScenario } from './scenarios/huge-frame'
import { hugePlan } from './scenarios/huge-plan'
import { killedInCommand } from './scenarios/killed-in-command'
import { killedInCommit } from './scenarios/killed-in-commit'
import { killedInModelCall } from './scenarios/killed-in-model-call'
import { largeRequirement } from './scenarios/large-requirement'
import { malformedAnswer } from './scenarios/malformed-answer'
import { newVersion } from './scenarios/new-version'
import { poolExhausted } from './scenarios/pool-exhausted'
import { postgresCrash } from './scenarios/postgres-crash'
import { providerErrors } from './scenarios/provider-errors'
import { providerSilent } from './scenarios/provider-silent'
import { rateLimited } from './scenarios/rate-limited'
import { reconnectStorm } from './scenarios/reconnect-storm'
import { slowDatabase } from './scenarios/slow-database'
import { slowReader } from './scenarios/slow-reader'
import { strangeText } from './scenarios/strange-text'
import { streamCut } from './scenarios/stream-cut'
import { twoSchedulers } from './scenarios/two-schedulers'
import { wildCalls } from './scenarios/wild-calls'
import { writeFails } from './scenarios/write-fails'
import { wrongPlans } from './scenarios/wrong-plans'
import { zombieWorker } from './scenarios/zombie-worker'

/** Every fault of the programme, in the order of their numbers (docs/reliability.md). */
export const scenarios: readonly Scenario[] = [
  killedInModelCall,
  killedInCommand,
  killedInCommit,
  zombieWorker,
  postgresCrash,
  backendsTerminated,
  frozenBackends,
  poolExhausted,
  connectionsExhausted,
  rateLimited,
  providerErrors,
  providerSilent,
  streamCut,
  bytesCut,
  malformedAnswer,
  endlessAnswer,
  hugeFrameScenario,
  contextTooLong,
  wildCalls,
  diskFull,
  clockOffScenario,
  decidedByFifty,
  slowReader,
  reconnectStorm,
  largeRequirement,
  strangeText,
  wrongPlans,
  hugePlan,
  cancelStorm,
  newVersion,
  twoSchedulers,
  writeFails,
  slowDatabase,
]
