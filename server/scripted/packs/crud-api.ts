import { answered, openWords } from '#server/scripted/packs/choices'
import { answerRules } from '#server/scripted/packs/crud-answer-rules'
import { fieldRules, fieldsTest } from '#server/scripted/packs/crud-field-rules'
import { mainFile, retentionFile, serverFile, storeFile, validationFile } from '#server/scripted/packs/crud-files'
import { type CrudModel, readEntities } from '#server/scripted/packs/crud-model'
import { entityIn, type Match, operationRules } from '#server/scripted/packs/crud-rules'
import { apiTests, choiceTest, retentionTests, storeTests, validationTests } from '#server/scripted/packs/crud-tests'
import type { BuildUnit, Pack, Source } from '#server/scripted/packs/ports'
import { type Claim, simplified } from '#server/scripted/packs/sentence'

/** HTTP APIs that keep things: entities with fields, rules about them, and who may do what. */
export const crudApi: Pack = {
  name: 'crud-api',
  compile(source) {
    const model: CrudModel = { entities: readEntities(source), persistent: false, choice: null }
    if (model.entities.length === 0) return null
    readChoice(source, model)
    const claims = claimsOf(source, model)
    const names = model.entities.map((entity) => entity.nouns).join(', ')
    return {
      units: unitsOf(model, claims),
      covered: claims.map(({ ref, rule }) => ({ ref, rule })),
      summary: `An HTTP API for ${names} on Node alone (JavaScript, no packages), with its tests over real HTTP.`,
    }
  },
}

/** First every sentence is matched, then the tests are written: a later sentence may change what an earlier one needs. */
function claimsOf(source: Source, model: CrudModel): Claim[] {
  const matches: { ref: string; match: Match }[] = []
  for (const statement of source.statements) {
    const line = simplified(statement)
    const entity = model.entities.find((one) => one.ref === statement.ref)
    if (line === null || statement.ref === model.choice?.statement) continue
    if (entity) {
      const render = () => fieldsTest(entity)
      matches.push({ ref: statement.ref, match: { rule: 'fields', says: `a ${entity.noun} has its fields`, render } })
      continue
    }
    for (const rule of [...operationRules, ...fieldRules, ...answerRules]) {
      const match = rule(line, model)
      if (match === null) continue
      matches.push({ ref: statement.ref, match })
      break
    }
  }
  const claims = matches.flatMap(({ ref, match }) => {
    const body = match.render()
    return body === null
      ? []
      : [{ ref, rule: match.rule, says: match.says, body: `const api = await start()\n${body}` }]
  })
  const { choice } = model
  const chosen = choice && model.entities.find((entity) => entity.noun === choice.noun)
  if (!choice || !chosen) return claims
  const says = choice.archive ? `a deleted ${choice.noun} is restorable` : `a deleted ${choice.noun} is gone for good`
  return [
    ...claims,
    { ref: choice.statement, rule: 'deleted: the way chosen', says, body: choiceTest(chosen, choice.archive) },
  ]
}

const goneFor = /^(?:removed|deleted) (?:for good|permanently|forever)$/i
const archived =
  /^(?:archived|kept in an archive)(?: (?:and|where it is|so that it is) (?:restorable|can be restored))?$/i

/** "Whether a deleted task is removed for good or archived and restorable is still to be decided." */
function readChoice(source: Source, model: CrudModel) {
  for (const statement of source.statements) {
    const words = openWords(statement)
    const noun = /^(?:an? )?deleted ([a-z]+)$/i.exec(words?.before ?? '')?.[1] ?? ''
    const entity = entityIn(model, noun)
    if (!words || !entity || model.entities.length > 1) continue
    const isOurs = words.options.some((one) => goneFor.test(one)) && words.options.some((one) => archived.test(one))
    if (!isOurs) continue
    const question = `What happens to a deleted ${entity.noun}?`
    const options = [
      {
        id: 'archive',
        label: 'Archive it',
        consequence: 'It leaves every list and can be restored; the data file keeps growing.',
      },
      { id: 'remove', label: 'Remove it for good', consequence: 'Nothing of it is kept; a mistake cannot be undone.' },
    ]
    const taken = answered(
      source,
      question,
      options.map((option) => option.label),
      0,
    )
    entity.operations.add('delete')
    model.choice = {
      statement: statement.ref,
      question,
      why: 'The requirement leaves it open, and data that was removed for good cannot be brought back.',
      options,
      recommended: 'archive',
      archive: taken === 0,
      noun: entity.noun,
    }
    return
  }
}

function unitsOf(model: CrudModel, claims: Claim[]): BuildUnit[] {
  const fieldRefs = claims.filter((claim) => !claim.rule.includes('record')).map((claim) => claim.ref)
  const restart = claims.filter((claim) => claim.rule === 'kept over a restart').map((claim) => claim.ref)
  const all = claims.map((claim) => claim.ref)
  const units: BuildUnit[] = [
    {
      ...codeUnit('store', 'Store for the records', 'Keep records by collection, in memory or in one JSON file.'),
      statements: restart.length > 0 ? restart : all.slice(0, 1),
      files: [
        { path: 'implementation/src/store.js', text: storeFile() },
        { path: 'tests/store.test.js', text: storeTests() },
      ],
    },
    {
      ...codeUnit(
        'validation',
        'Rules of the fields',
        'Check every field rule and say what is wrong, as plain functions.',
      ),
      statements: fieldRefs.length > 0 ? fieldRefs : all.slice(0, 1),
      files: [
        { path: 'implementation/src/validation.js', text: validationFile(model) },
        { path: 'tests/validation.test.js', text: validationTests(model) },
      ],
    },
  ]
  if (model.choice) units.push(retentionUnit(model.choice))
  units.push(
    apiUnit(
      model,
      claims,
      units.map((unit) => unit.key),
    ),
  )
  return units
}

function retentionUnit(choice: NonNullable<CrudModel['choice']>): BuildUnit {
  const { archive, noun, ...open } = choice
  return {
    ...codeUnit(
      'retention',
      `What becomes of a deleted ${noun}`,
      `Ask which way is wanted, then decide what is kept of a deleted ${noun}.`,
    ),
    statements: [choice.statement],
    files: [
      { path: 'implementation/src/retention.js', text: retentionFile(archive) },
      { path: 'tests/retention.test.js', text: retentionTests(archive) },
    ],
    choice: open,
  }
}

function apiUnit(model: CrudModel, claims: Claim[], dependsOn: string[]): BuildUnit {
  const refs = claims.map((claim) => claim.ref)
  const unit = codeUnit('api', 'HTTP API', 'Answer the requests over HTTP, using the store and the field rules.')
  return {
    ...unit,
    dependsOn,
    statements: refs,
    files: [
      { path: 'implementation/src/server.js', text: serverFile(model) },
      { path: 'implementation/src/main.js', text: mainFile() },
      { path: 'tests/api.test.js', text: apiTests(claims) },
    ],
    acceptance: unit.acceptance.map((one) => ({ ...one, proves: refs })),
  }
}

function codeUnit(key: string, title: string, instructions: string): BuildUnit {
  const acceptance = [
    { id: 'A1', text: `${title}: every test passes.`, command: `node --test tests/${key}.test.js`, proves: [] },
  ]
  return {
    key,
    title,
    kind: 'implement',
    capability: 'code',
    instructions,
    dependsOn: [],
    statements: [],
    files: [],
    acceptance,
  }
}
