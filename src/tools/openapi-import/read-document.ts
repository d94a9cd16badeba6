/** The text of an OpenAPI document as data: JSON or YAML, version 3. */

import { parseDocument } from 'yaml'
import { isMembers, type Members } from '../../schema/types.ts'
import { ImportFault } from './import-fault.ts'
import { onOneLine } from './written.ts'

export interface ApiDocument {
  readonly root: Members
  /** As it says itself: `3.1.0`. */
  readonly version: string
  /** Of 3.0, whose schemas are older than JSON Schema 2020-12. */
  readonly isOld: boolean
}

/** Levels of lists and objects: each schema within another takes two. */
const deepest = 256

/** Throws `ImportFault` where the text is no such document. */
export function readDocument(text: string): ApiDocument {
  const root = readText(text.replace(/^\ufeff/, ''))
  if (!isMembers(root)) throw new ImportFault('expected an OpenAPI document, a map with `openapi` and `paths`')
  judgeDepth(root)
  const version = readVersion(root)
  return { root, version, isOld: version.startsWith('3.0') }
}

function readText(text: string): unknown {
  if (/^\s*\{/.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // YAML in braces looks the same.
    }
  }
  const document = parseDocument(text, { version: '1.2', schema: 'core', prettyErrors: false, logLevel: 'silent' })
  const [fault] = document.errors
  if (fault) throw new ImportFault(`cannot read it as JSON or YAML: ${onOneLine(fault.message)}`)
  try {
    return document.toJS()
  } catch (error) {
    throw new ImportFault(`cannot read it as YAML: ${onOneLine((error as Error).message)}`)
  }
}

function readVersion({ openapi, swagger }: Members): string {
  if (swagger !== undefined)
    throw new ImportFault(
      `expected OpenAPI 3, got Swagger ${onOneLine(String(swagger))}: convert it first, for example with \`npx swagger2openapi FILE\``,
    )
  const version = String(openapi ?? '')
  if (/^3\.[012](\.|$)/.test(version)) return onOneLine(version)
  if (openapi === undefined) throw new ImportFault('expected an OpenAPI document: it has no `openapi: 3.…`')
  throw new ImportFault(`expected OpenAPI 3.0, 3.1 or 3.2, got \`${onOneLine(version)}\``)
}

/** Aliases of YAML can lead back to what holds them. */
function judgeDepth(root: unknown): void {
  const seen = new Map<object, number>()
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return
    if (depth > deepest) throw new ImportFault(`expected at most ${deepest} levels of lists and maps`)
    if ((seen.get(value) ?? -1) >= depth) return
    seen.set(value, depth)
    for (const member of Object.values(value)) visit(member, depth + 1)
  }
  visit(root, 0)
}
