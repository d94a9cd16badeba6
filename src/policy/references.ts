/** `${env:…}`, `${secret:…}` and `${file:…}`: found while policies are parsed, filled in when the server opens. */

import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Rules } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import type { Path } from '../schema/schema.ts'
import type { Secrets } from '../services/secrets/secrets.ts'
import type { Finding } from './findings.ts'
import type { Reference } from './policy.ts'
import type { Place } from './source.ts'

export const referenceRules: Rules = {
  'policy/invalid-reference': {
    severity: 'error',
    cause: 'A `${env:…}`, `${secret:…}` or `${file:…}` has no usable name.',
    hint: 'write `${env:NAME}`, `${env:NAME:-default}`, `${secret:name}` or `${file:path}`',
  },
  'policy/unresolved-reference': {
    severity: 'error',
    cause: 'What a reference names is not there when the server opens.',
    hint: 'provide it in the environment, in the secrets folder or as a file',
  },
}

const pattern = /\$\{(env|secret|file):([^}]*)\}/g
const names: Readonly<Record<Reference['kind'], RegExp>> = {
  env: /^[A-Za-z_][A-Za-z0-9_]*$/,
  secret: /^[A-Za-z0-9][A-Za-z0-9_./#-]*$/,
  file: /^[^\0]+$/,
}

/** A scalar that a reference was filled in for: it is read as the declared type. */
export class Filled {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What the language's validators do with such values. */
export const placeholder = (value: unknown): string | true | undefined => {
  if (value instanceof Filled) return value.text
  return hasReference(value) ? true : undefined
}

/** Every reference of a tree. */
export function findReferences(tree: unknown, at: Place, report: (finding: Finding) => void): readonly Reference[] {
  if (typeof tree === 'string') return readText(tree, at, report)
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, value]) => findReferences(value, below(at, tree, key), report))
}

const below = (at: Place, holder: object, key: string): Place => ({
  source: at.source,
  path: [...at.path, Array.isArray(holder) ? Number(key) : key] as Path,
})

function readText(text: string, at: Place, report: (finding: Finding) => void): readonly Reference[] {
  return [...text.matchAll(pattern)].flatMap(([written, kind, rest = '']) => {
    const [name = '', fallback] = kind === 'env' ? split(rest) : [rest]
    if (names[kind as Reference['kind']].test(name))
      return [{ kind: kind as Reference['kind'], name, fallback, text: written, at }]
    report({ rule: 'policy/invalid-reference', at, message: `\`${written}\` names nothing` })
    return []
  })
}

function split(text: string): [string, string | undefined] {
  const at = text.indexOf(':-')
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 2)]
}

/** A copy of `tree` in which each known reference is filled in; what is not known stays as it is written. */
export function fillReferences(tree: unknown, known: ReadonlyMap<string, string>): unknown {
  if (typeof tree === 'string') return hasReference(tree) ? fillText(tree, known) : tree
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map((item) => fillReferences(item, known))
  const filled: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(tree)) {
    Object.defineProperty(filled, key, {
      value: fillReferences(value, known),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return filled
}

function fillText(text: string, known: ReadonlyMap<string, string>): unknown {
  let complete = true
  const filled = text.replace(pattern, (written) => {
    const value = known.get(written)
    if (value === undefined) complete = false
    return value ?? written
  })
  return complete ? new Filled(filled) : text
}

/** What holds without a world: the defaults that the policies write themselves. */
export const fallbacks = (references: readonly Reference[]): ReadonlyMap<string, string> =>
  new Map(references.flatMap(({ text, fallback }) => (fallback === undefined ? [] : [[text, fallback] as const])))

/** Reads every reference from the environment, the secrets and the files; what is missing is reported. */
export async function resolveReferences(
  references: readonly Reference[],
  secrets: Secrets,
  report: (finding: Finding) => void,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const reference of references) {
    if (found.has(reference.text)) continue
    try {
      found.set(reference.text, await read(reference, secrets))
    } catch (error) {
      report({
        rule: 'policy/unresolved-reference',
        at: reference.at,
        message: `\`${reference.text}\`: ${reasonOf(error)}`,
      })
    }
  }
  return found
}

async function read({ kind, name, fallback, at }: Reference, secrets: Secrets): Promise<string> {
  if (kind === 'secret') return secrets.read(name)
  if (kind === 'file')
    return (await readFile(isAbsolute(name) ? name : join(at.source.folder, name), 'utf8')).replace(/\r?\n$/, '')
  const value = process.env[name] ?? fallback
  if (value === undefined) throw new Error(`the environment has no \`${name}\``)
  return value
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ENOENT' ? 'no such file' : message
}
