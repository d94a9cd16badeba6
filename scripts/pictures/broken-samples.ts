/** The sample policies with three mistakes that people make, in a folder of their own. */

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const samples = fileURLToPath(new URL('../../policies', import.meta.url))

const mistakes = [
  { file: 'orders.yaml', right: '    scopes: [orders:read]', wrong: '    scope: [orders:read]' },
  { file: 'shop.yaml', right: "origins: ['${value:storefront}']", wrong: "origins: ['${value:storefront}', '*']" },
  {
    file: 'shop.yaml',
    right: "'^[A-Z]{2}-[0-9]{4}$', maxLength: 7, examples: [TE-0001]",
    wrong: "'^([A-Z]+)+-[0-9]{4}$'",
  },
] as const

/** The folder whose `policies` they are. */
export function breakSamples(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-picture-'))
  cpSync(samples, join(folder, 'policies'), { recursive: true })
  for (const { file, right, wrong } of mistakes) {
    const path = join(folder, 'policies', file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes(right)) throw new Error(`${file} has no \`${right}\``)
    writeFileSync(
      path,
      text.replace(right, () => wrong),
    )
  }
  return folder
}
