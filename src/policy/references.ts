/** `${env:…}`, `${secret:…}` and `${file:…}`: found while policies are parsed, filled in when the server opens. */

import { resolve } from 'node:path'
import type { Rules } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import { StartFault } from '../core/start-fault.ts'
import type { Path } from '../schema/schema.ts'
import { Secret } from '../services/secrets/secret.ts'
import { SecretFault, type Secrets } from '../services/secrets/secrets.ts'
import { mapMembers } from './map-members.ts'
import type { Report } from './misfit.ts'
import type { Reference } from './policy.ts'
import { readRegular, shown, Unreadable } from './read-source.ts'
import { below, type Place } from './source.ts'

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
  secret: /^[A-Za-z0-9][A-Za-z0-9_./#+=@:-]*$/,
  file: /^[^\0]+$/,
}

/** The paths of those that are files, sorted. */
export const filesOf = (references: readonly Reference[]): readonly string[] =>
  [...new Set(references.filter(({ kind }) => kind === 'file').map(pathOf))].sort()

const pathOf = ({ name, at }: Reference): string => resolve(at.source.folder, name)

/** What references stand for, by `keyOf`. */
export type Known = ReadonlyMap<string, string | Secret>

/** The text that stands for a reference. */
export const textOf = (value: string | Secret): string => (value instanceof Secret ? value.reveal() : value)

/** A relative `${file:…}` is another file in every folder. */
export const keyOf = (written: string, { folder }: Place['source']): string =>
  written.startsWith('${file:') ? `${folder}\0${written}` : written

/** A scalar that a reference was filled in for: it is read as the declared type. */
class Filled {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  get text(): string {
    return this.#text
  }
}

/** What the language's validators do with such values. */
export const placeholder = (value: unknown): string | true | undefined => {
  if (value instanceof Filled) return value.text
  return hasReference(value) ? true : undefined
}

/** Every reference of a tree. */
export function findReferences(tree: unknown, at: Place, report: Report): readonly Reference[] {
  if (typeof tree === 'string') return hasReference(tree) ? readReferences(tree, at, report) : []
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, value]) => findReferences(value, below(at, key), report))
}

function readReferences(text: string, at: Place, report: Report): readonly Reference[] {
  const refuse = (written: string, message: string): void =>
    report({ rule: 'policy/invalid-reference', at, message: `\`${written}\` ${message}` })
  const rest = text.replace(pattern, '').replace(/\$\{value:[^}]*\}/g, '')
  if (hasReference(rest)) refuse(rest.slice(rest.indexOf('${')), 'is never closed with `}`')
  return [...text.matchAll(pattern)].flatMap(([written, kind, inside = '']) => {
    const [name = '', fallback] = kind === 'env' ? split(inside) : [inside]
    if (names[kind as Reference['kind']].test(name))
      return [{ kind: kind as Reference['kind'], name, fallback, text: written, at }]
    refuse(written, 'names nothing that can be read')
    return []
  })
}

function split(text: string): [string, string | undefined] {
  const at = text.indexOf(':-')
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 2)]
}

/** `tree` with each known reference filled in; what is not known stays as it is written. */
export function fillReferences(tree: unknown, at: Place, known: Known): unknown {
  if (typeof tree === 'string') return hasReference(tree) ? fillText(tree, at, known) : tree
  if (typeof tree !== 'object' || tree === null) return tree
  return mapMembers(tree, (member, key) => fillReferences(member, below(at, key), known))
}

function fillText(text: string, { source, path }: Place, known: Known): unknown {
  let complete = pattern.test(text)
  pattern.lastIndex = 0
  const filled = text.replace(pattern, (written) => {
    const value = known.get(keyOf(written, source))
    if (value === undefined) complete = false
    return value === undefined ? written : textOf(value)
  })
  if (!complete) return text
  return isInSchema(path) ? asScalar(filled) : new Filled(filled)
}

/** Input schemas are data to the validators of the language: nothing declares a type there. */
const isInSchema = ([section, second, third]: Path): boolean =>
  section === 'schemas' ||
  (section === 'defaults' && second === 'input') ||
  ((section === 'profiles' || section === 'routes') && third === 'input')

/** As YAML would read it, had it been written there. */
function asScalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(text) ? Number(text) : text
}

/** What holds without a world: the defaults that the policies write themselves. */
export const fallbacks = (references: readonly Reference[]): Known =>
  new Map(references.flatMap(({ text, fallback }) => (fallback === undefined ? [] : [[text, fallback] as const])))

/**
 * Reads every reference from the environment, the secrets and the files; what is missing is reported, once. Rejects with
 * `StartFault` where secrets cannot be had that may well be there.
 */
export async function resolveReferences(
  references: readonly Reference[],
  secrets: Secrets,
  report: Report,
): Promise<Known> {
  const distinct = new Map(
    references.toReversed().map((reference) => [keyOf(reference.text, reference.at.source), reference]),
  )
  const verifying = new Set(references.filter(isVerifying).map(({ text }) => text))
  const entries = Array.from(distinct, async ([key, reference]) => {
    const value = await read(reference, secrets, verifying.has(reference.text)).catch((error: Error) => error)
    return { key, reference, value }
  })
  const found = new Map<string, string | Secret>()
  const outages: SecretFault[] = []
  for (const { key, reference, value } of await Promise.all(entries)) {
    if (!(value instanceof Error)) found.set(key, value)
    else if (value instanceof SecretFault && value.isOutage) outages.push(value)
    else
      report({
        rule: 'policy/unresolved-reference',
        at: reference.at,
        message: `\`${reference.text}\`: ${value.message}`,
      })
  }
  if (outages.length > 0) throw new StartFault(outages.map(({ message }) => message).join('; '))
  return found
}

/** What verifies is to go on doing so while it is rotated: the secret of an issuer, or of the signatures of webhooks. */
const isVerifying = ({ kind, at: { path } }: Reference): boolean =>
  kind === 'secret' &&
  ((path[0] === 'issuers' && path[2] === 'secret' && path.length === 3) || signatureSecret.test(path.join('/')))

const signatureSecret = /(^|\/)authenticate(\/\d+)?\/signature\/secret(\/\d+)?$/

async function read(
  { kind, name, fallback, at }: Reference,
  secrets: Secrets,
  verifies: boolean,
): Promise<string | Secret> {
  if (kind === 'secret') return secrets.read(name, { verifies })
  if (kind === 'file') return readText(name, at.source.folder)
  const value = process.env[name] || fallback
  if (value === undefined || (value === '' && fallback === undefined))
    throw new Error(`set \`${name}\` in the environment, or write a default: \`\${env:${name}:-default}\``)
  return value
}

/** One newline at the end is not part of it. */
function readText(name: string, folder: string): string | Secret {
  const text = readBytes(resolve(folder, name))
    .toString('utf8')
    .replace(/\r?\n$/, '')
  return text.includes('PRIVATE KEY-----') ? new Secret(name, text) : text
}

/** Says which file it was: a relative path begins at the policy file, and not where somebody stands. */
function readBytes(path: string): Buffer {
  try {
    const bytes = readRegular(path)
    if (bytes instanceof Unreadable) throw new Error(bytes.message)
    return bytes
  } catch (error) {
    throw new Error(`cannot read \`${shown(path)}\`: ${(error as Error).message}`, { cause: error })
  }
}
