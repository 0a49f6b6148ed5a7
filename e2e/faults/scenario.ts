import type { Tenant } from './tenant'
import type { World } from './world'

/** What came of one fault, before the common checks. */
export interface Injected {
  /** how often it was injected */
  count: number
  tenants: Tenant[]
  /** milliseconds from the (last) injection until everything had ended; null when nothing has to end */
  convergedMs: number | null
  /** what is worth knowing beside it, for the report */
  facts?: Record<string, string | number>
  /** expectations of this fault alone that did not hold, in words */
  failures?: string[]
  /** how it was injected, when that differs from the scenario's own words */
  how?: string
}

export interface Scenario {
  /** numbers of the faults that it stands for */
  fault: string
  title: string
  /** how it is injected, honestly */
  how: string
  /** part of `npm test` */
  short?: true
  /** why it can't be injected here; null when it can */
  impossible?: () => string | null
  inject: (world: World) => Promise<Injected>
}
