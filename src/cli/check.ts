/** `portcullis check`: every diagnostic of a policy directory at once. */

import { diagnose } from '../policy/inspect.ts'
import { defineCommand, text, UsageFault } from './command.ts'
import { paintFor } from './paint.ts'
import { reportJson, reportText } from './report.ts'
import { readValues } from './values.ts'

const formats = { text: reportText, json: reportJson }

export const check = defineCommand({
  example: 'portcullis check ./policies --strict',
  options: {
    format: { type: 'string', value: 'text|json', description: 'How findings are written.' },
    strict: { type: 'boolean', description: 'Warnings count as findings.' },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
  },
  exits: {
    0: 'no findings, or warnings alone',
    1: 'errors, or warnings under `--strict`',
    2: 'wrong usage, or the policy directory cannot be read',
  },
  async run({ directory, flags }) {
    const format = text(flags.format) ?? 'text'
    if (!Object.hasOwn(formats, format))
      throw new UsageFault(`expected \`--format text\` or \`--format json\`, got \`${format}\``)
    const diagnostics = diagnose(directory, readValues(flags.values))
    process.stdout.write(formats[format as keyof typeof formats](diagnostics, paintFor(process.stdout)))
    return diagnostics.some(({ severity }) => flags.strict || severity === 'error') ? 1 : 0
  },
})
