/** `portcullis check`: every diagnostic of a policy directory at once. */

import type { Diagnostic } from '../core/diagnostic.ts'
import { examine } from '../policy/inspect.ts'
import { load } from '../policy/load.ts'
import { type Call, defineCommand, text, UsageFault } from './command.ts'
import { paintFor } from './paint.ts'
import { formats } from './report/formats.ts'
import type { Report } from './report/report.ts'
import { readValues } from './values.ts'

export const check = defineCommand({
  example: 'portcullis check ./policies --strict',
  options: {
    format: {
      type: 'string',
      value: 'FORMAT',
      description: 'How findings are written: `text`, `json`, `sarif`, `github` or `junit`.',
    },
    strict: { type: 'boolean', description: 'Warnings count as findings.' },
    'max-warnings': { type: 'string', value: 'N', description: 'More than N warnings count as findings.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
  },
  exits: {
    0: 'no findings, or warnings alone',
    1: 'errors, or warnings under `--strict` or beyond `--max-warnings`',
    2: 'wrong usage, or the policy directory cannot be read',
  },
  async run({ directory, flags }) {
    const [format, allowed] = [findFormat(text(flags.format) ?? 'text'), readAllowed(flags)]
    const values = readValues(flags.values)
    const report: Report = await format()
    const loaded = load(directory)
    const { diagnostics } = examine(loaded, values)
    const warningsFail = countWarnings(diagnostics) > allowed
    const files = loaded.files.map(({ file }) => file)
    process.stdout.write(report({ diagnostics, files, warningsFail }, paintFor(process.stdout)))
    return warningsFail || diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0
  },
})

function findFormat(name: string): () => Promise<Report> {
  const found = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (found !== undefined) return found
  throw new UsageFault(`expected \`--format\` to be one of ${Object.keys(formats).join(', ')}, got \`${name}\``)
}

/** How many warnings end with status 0. */
function readAllowed({ strict, 'max-warnings': most }: Call['flags']): number {
  if (typeof most !== 'string') return strict === true ? 0 : Number.POSITIVE_INFINITY
  if (strict === true) throw new UsageFault('expected `--strict` or `--max-warnings`, got both')
  if (/^\d{1,9}$/.test(most)) return Number(most)
  throw new UsageFault(`expected \`--max-warnings\` to be a whole number from 0 on, got \`${most}\``)
}

const countWarnings = (diagnostics: readonly Diagnostic[]): number =>
  diagnostics.filter(({ severity }) => severity === 'warning').length
