/** `portcullis routes`: the table of routes and what guards them. */

import { inspect } from '../policy/inspect.ts'
import { defineCommand, text, UsageFault } from './command.ts'
import { paragraphsOf, type Row, rowOf, tableOf } from './route-table.ts'
import { readValues } from './values.ts'

export const routes = defineCommand({
  example: 'portcullis routes ./policies',
  options: {
    format: { type: 'string', value: 'text|json', description: 'How the table is written.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
  },
  exits: {
    0: 'the table was written',
    1: 'the policies have errors',
    2: 'wrong usage, or the policy directory cannot be read',
  },
  async run({ directory, flags }) {
    const format = text(flags.format) ?? 'text'
    if (format !== 'text' && format !== 'json')
      throw new UsageFault(`expected \`--format text\` or \`--format json\`, got \`${format}\``)
    const rows = inspect(directory, readValues(flags.values)).routes.map(rowOf)
    process.stdout.write(
      format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : textOf(rows, process.stdout.columns),
    )
    return 0
  },
})

/** A table where it fits; `columns` is the width of a terminal, undefined for a pipe or a file. */
function textOf(rows: readonly Row[], columns = Number.POSITIVE_INFINITY): string {
  const table = tableOf(rows)
  return table.split('\n').some((line) => line.length > columns) ? paragraphsOf(rows) : table
}
