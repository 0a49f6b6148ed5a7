/**
 * behaviour: something to be built and shown by using it, role rules ("only leads may …") included, because an allowed
 * and a refused call show them. quality: a property with a measure. constraint: technology, process, things forbidden.
 * context: background that asks for nothing; it is kept and numbered but not counted.
 */
export type StatementKind = 'behaviour' | 'quality' | 'constraint' | 'context'

export interface Surroundings {
  /** headings above, outermost first */
  headings: string[]
  form: 'bullet' | 'prose' | 'row' | 'gherkin' | 'label'
  /** prose between a heading and its first sub-heading, list or table */
  introduction: boolean
}

const headingKinds: [StatementKind, RegExp][] = [
  [
    'behaviour',
    /\b(?:acceptance|output format|command line (?:config|arg|option)|specification|use cases?|user stor)/i,
  ],
  ['context', /\b(?:introduction|overview|background|goals?|purpose|vision|motivation|glossary|terms|references?)\b/i],
  ['context', /\b(?:supporting data|data (?:description|files?)|example|non-goals|out of scope|open questions)\b/i],
  ['context', /^(?:about\b|usage$|why\b|summary$)/i],
  [
    'constraint',
    /\b(?:constraints?|dependenc|depencenc|depencies|technolog|tech stack|prerequisites|privacy|security)/i,
  ],
  ['constraint', /\bsettings?\b/i],
  ['quality', /\b(?:performance|scalab|reliab|non-?functional|quality|accessib|responsive)/i],
  ['behaviour', /\b(?:features?|function|requirements|commands?|api|endpoints?|pages?|scenario|behaviou?r|rules)\b/i],
]

/** A bullet's own label says what it is about: "**Purpose:** …". */
const labelKinds: [StatementKind, RegExp][] = [
  ['context', /^(?:purpose|user benefit|benefit|example(?: entr(?:y|ies))?|note|content|background|why)\s*:/i],
  ['quality', /^(?:performance|scalability|responsive(?:ness)?(?: design)?|availability|reliability|efficiency)\s*:/i],
  [
    'constraint',
    /^(?:no external dependencies|technology stack|data (?:privacy|sources|storage|security)[^:]{0,30})\s*:/i,
  ],
  [
    'constraint',
    /^(?:frontend framework|framework|javascript compiler|browser compatibility|language|look and feel)\s*:/i,
  ],
]

const sentenceKinds: [StatementKind, RegExp][] = [
  [
    'quality',
    /\d\s*%|\bcoverage\b|\bwithin (?:\d+|a|acceptable) ?\w{0,12} ?(?:ms|milliseconds?|seconds?|time|minutes?)\b/i,
  ],
  [
    'quality',
    /\b(?:up to|at least) [\d,.]+ (?:concurrent )?(?:users|requests|records)|\b(?:latency|throughput|uptime|scalab)/i,
  ],
  [
    'constraint',
    /\b(?:must|should|shall|has to|have to|is|are) (?:be )?(?:written|implemented|developed|built) (?:in|with|using)\b/i,
  ],
  ['constraint', /\b(?:no|without|zero) (?:external |third[- ]party |other )?(?:dependenc|packages|libraries)/i],
  ['constraint', /\b(?:encrypted|os-independent|python|java|vue|react|angular|babel|framework)\b.{0,60}$/i],
  ['constraint', /\b(?:must|may|shall|should) (?:not|never)\b|\bnever\b|\bforbidden\b/i],
]

const specifies = /\b(?:output format|specification|acceptance|rules)\b/i
const asks =
  /\b(?:must|should|shall|can|may|will|needs? to|has to|have to|want to|ability to|supports?|able to|only)\b/i
const background =
  /^(?:this (?:document|project|section)|the following|here (?:is|are)|we are\b|today\b|currently\b|at its core\b)/i
/** "can't have", "may not": a rule about the thing itself, shown by a refused call. */
const refusal =
  /\b(?:can't|cannot|can not|must not|may not) (?:have|share|be (?:longer|shorter|empty|created|saved|deleted|blank))/i

function firstOf(rules: [StatementKind, RegExp][], text: string): StatementKind | undefined {
  // kinds are told by the first words: the bound keeps every pattern's cost constant
  const head = text.slice(0, 600)
  return rules.find(([, pattern]) => pattern.test(head))?.[0]
}

/**
 * What a statement is, by clear rules in this order: its own label; a context heading (which nothing inside overrides);
 * words of measure or technology; the nearest heading that says something; an introduction that asks for nothing;
 * background phrases. What is left is taken as behaviour: asking once too often beats dropping a wish.
 */
export function kindOf(text: string, around: Surroundings): StatementKind {
  if (around.form === 'label') return 'context'
  if (around.form === 'gherkin') return 'behaviour'
  const labelled = firstOf(labelKinds, text)
  if (labelled) return labelled
  const heading = around.headings
    .map((title) => firstOf(headingKinds, title))
    .filter((kind) => kind !== undefined)
    .at(-1)
  if (heading === 'context') return 'context'
  if (around.form === 'prose' && background.test(text)) return 'context'
  const worded = refusal.test(text.slice(0, 600)) ? 'behaviour' : firstOf(sentenceKinds, text)
  if (worded) return worded
  if (heading === 'constraint' || heading === 'quality') return heading
  const introduces = around.form === 'prose' && around.introduction && !specifies.test(around.headings.at(-1) ?? '')
  if (introduces && !asks.test(text.slice(0, 600))) return 'context'
  return 'behaviour'
}
