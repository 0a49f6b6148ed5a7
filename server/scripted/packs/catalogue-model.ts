/** A sentence that a function's test shows in full. `asks` may also look at the section ("IdWorker"). */
export interface FunctionRule {
  asks: RegExp
  section?: RegExp
  rule: string
  says: string
  /** null: the sentence holds a value that the function cannot have */
  body(match: RegExpExecArray, parameters: Parameters): string | null
}

/** Values a requirement gives, by name; a value is taken from the first statement that gives it. */
export type Parameters = Record<string, number>

/** A well-known function: its source, the names examples may call it by, and the sentences its tests show. */
export interface CatalogueEntry {
  key: string
  title: string
  source(parameters: Parameters): string
  /** exported functions that need nothing but their arguments, so that an example can be checked */
  names: string[]
  parameters: Record<string, RegExp>
  rules: FunctionRule[]
  /** lines the generated test file needs above its tests */
  testImports: string
}
