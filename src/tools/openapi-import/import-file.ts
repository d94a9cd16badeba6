/** The OpenAPI document of a file goes in, a policy comes out. */

import { readFileSync } from 'node:fs'
import { reasonOf } from '../../policy/read-source.ts'
import { ImportFault } from './import-fault.ts'
import { type Imported, type ImportOptions, importOpenApi } from './import-openapi.ts'

/** Throws `ImportFault`, which names the file, where it cannot be read or used. */
export function importFile(file: string, options: Omit<ImportOptions, 'file'>): Imported {
  const text = readText(file)
  try {
    return importOpenApi(text, { ...options, file })
  } catch (error) {
    if (error instanceof ImportFault) throw new ImportFault(`\`${file}\`: ${error.message}`)
    throw error
  }
}

function readText(file: string): string {
  if (/^https?:/.test(file)) throw new ImportFault(`expected a file, got an address: download \`${file}\` first`)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ImportFault(`cannot read \`${file}\`: ${reasonOf(error)}`)
  }
}
