import { readFileSync } from 'node:fs'
import test from 'ava'
import { guards } from '../src/guards/index.ts'
import { handlers } from '../src/handlers/index.ts'
import { settingsSchema } from '../src/policy/settings.ts'
import { formats } from '../src/schema/formats.ts'
import { keywords } from '../src/schema/keywords.ts'
import type { JsonSchema } from '../src/schema/schema.ts'
import { transformNames } from '../src/schema/transforms.ts'
import { issuerSchema } from '../src/services/keys/issuer.ts'
import { roleSchema } from '../src/services/roles/rule.ts'
import { findFaults, readFences, root } from './helpers/markdown.ts'

const language = readFileSync(`${root}/docs/policy-language.md`, 'utf8')

test('the reference names every keyword, format and transform', (t) => {
  for (const name of [...Object.keys(keywords), ...Object.keys(formats), ...transformNames])
    t.true(language.includes(`\`${name}\``), name)
})

/** The options of a block; those of helmet are documented by helmet. */
function optionsOf({ properties = {}, anyOf = [], items }: JsonSchema): readonly string[] {
  const own = Object.entries(properties).filter(([name]) => name !== 'helmet')
  const inner = [...own.map(([, schema]) => schema), ...anyOf, ...(typeof items === 'object' ? [items] : [])]
  return [...Object.keys(properties), ...inner.flatMap(optionsOf)]
}

test('the reference names every block and every option', (t) => {
  const blocks = [...guards, ...handlers].map(({ name, schema }) => [name, schema.json] as const)
  const sections = Object.entries({ settings: settingsSchema, issuers: issuerSchema, roles: roleSchema })
  for (const [block, schema] of [...blocks, ...sections.map(([name, { json }]) => [name, json] as const)]) {
    t.true(language.includes(`\`${block}\``), block)
    for (const option of optionsOf(schema)) t.regex(language, new RegExp(`\\b${option}\\b`), `${block}.${option}`)
  }
})

test('every policy that the reference shows is accepted', (t) => {
  for (const { text } of readFences('docs/policy-language.md').filter(({ language }) => language === 'yaml'))
    t.deepEqual(findFaults({ 'p.yaml': text }), [])
})
