/** `node scripts/reference.ts`: writes the tables of `docs/` that the code itself knows; a test holds them current. */

import { readFileSync, writeFileSync } from 'node:fs'
import { catalogue } from '../src/core/denial.ts'
import { allRules } from '../src/policy/rules/index.ts'

const rules = (): readonly string[] =>
  Object.entries(allRules)
    .map(([id, { severity, cause }]) => `| \`${id}\` | ${severity} | ${cause} |`)
    .sort()

const refusals = (): readonly string[] =>
  Object.entries(catalogue).map(([code, { status, message }]) => `| ${status} | \`${code}\` | ${message} |`)

/** Where each table stands, between `<!-- NAME -->` and `<!-- end -->`: its heading and its rows. */
const tables = {
  'docs/policy-language.md': { name: 'rules', heading: '| rule | severity | why |\n| --- | --- | --- |', rows: rules },
  'docs/http.md': { name: 'refusals', heading: '| status | code | message |\n| --- | --- | --- |', rows: refusals },
} as const

export const documents = Object.keys(tables) as readonly (keyof typeof tables)[]

/** The text of a document with its table as it is now. */
export function withTable(file: keyof typeof tables, text: string): string {
  const { name, heading, rows } = tables[file]
  const table = [`<!-- ${name} -->`, heading, ...rows(), '<!-- end -->'].join('\n')
  return text.replace(new RegExp(`<!-- ${name} -->.*?<!-- end -->`, 's'), () => table)
}

if (import.meta.main) {
  for (const file of documents) writeFileSync(file, withTable(file, readFileSync(file, 'utf8')))
}
