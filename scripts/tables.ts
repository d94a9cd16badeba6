/** The tables of `docs/` that the code itself knows. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** Each document as it is, with its table as the code says now. */
export const withTables = (root: string): ReadonlyMap<string, () => string> =>
  new Map(
    Object.entries(tables).map(([file, table]) => [
      file,
      () => withTable(readFileSync(join(root, file), 'utf8'), table),
    ]),
  )

function withTable(text: string, { name, heading, rows }: (typeof tables)[keyof typeof tables]): string {
  const table = [`<!-- ${name} -->`, heading, ...rows(), '<!-- end -->'].join('\n')
  return text.replace(new RegExp(`<!-- ${name} -->.*?<!-- end -->`, 's'), () => table)
}
