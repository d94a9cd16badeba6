/**
 * Expressions: paths such as `${user.claims.orgs[params.org]}`, never code. Parsed once at start-up, read by own members
 * only; a path that leads nowhere has no value.
 */

import type { Exchange } from './exchange.ts'

export type Scalar = string | number | boolean
/** What an expression yields: a scalar, a list of scalars, or nothing. */
export type Value = Scalar | readonly Scalar[] | undefined

type Step = { readonly name: string } | { readonly index: Path }
interface Path {
  readonly root: Root
  readonly steps: readonly Step[]
}

/** A piece of text that was understood, and where it ended. */
interface Read<T> {
  readonly found: T
  readonly end: number
}

type Reader = (exchange: Exchange) => unknown

const roots = ['user', 'params', 'query', 'headers', 'body', 'ip', 'resource'] as const
export type Root = (typeof roots)[number]

const stages = ['ip', 'user', 'input', 'resource'] as const
/** The parts of a request that an expression needs before it can be read. */
export type Stage = (typeof stages)[number]

/** The stage at which all of them are known. */
export const latest = (needed: readonly Stage[]): Stage => stages.findLast((stage) => needed.includes(stage)) ?? 'ip'

export interface Expression {
  /** As written, `${…}` included. */
  readonly text: string
  /** One path without text around it: it keeps its type, and may yield a list. */
  readonly single: boolean
  /** Every path in it, an outer one before its indexes, such as `user.claims.orgs`; header names in lower case. */
  readonly paths: readonly { readonly root: Root; readonly names: readonly string[] }[]
  /** When it can be read at the earliest. */
  readonly stage: Stage
  read(exchange: Exchange): Value
}

/** Why a text is no expression; the message is fit for a diagnostic. */
export class ExpressionFault {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const maxLength = 1000
const maxDepth = 4

/** What a text holds that is filled in at load: `${env:…}`, `${secret:…}`, `${file:…}`, `${value:…}`. */
export const referencePattern = '\\$\\{(env|secret|file|value):'
const reference = new RegExp(referencePattern)

/** Whether a text holds something that is filled in at load. */
export const hasReference = (text: unknown): text is string => typeof text === 'string' && reference.test(text)

/** The items of a list; none where the whole of it is filled in at load. */
export const itemsOf = <T>(list: readonly T[] | undefined): readonly T[] => (Array.isArray(list) ? list : [])

/** Whether a text holds an expression. */
export const hasExpression = (text: unknown): text is string =>
  typeof text === 'string' && /\$\{(?!(env|secret|file|value):)/.test(text)

const nameAt = /[A-Za-z_][A-Za-z0-9_-]*/y
const quotedAt = /'[^'\]]{1,128}'/y

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** The rest of a text as a message shows it. */
const show = (text: string, at: number): string =>
  at >= text.length ? 'the end' : `\`${text.slice(at, at + 24)}${text.length > at + 24 ? '…' : ''}\``

/** Reads `root(.name | [path] | ['name'])*`. */
function readPath(text: string, from: number, depth: number): Read<Path> | ExpressionFault {
  const root = readRoot(text, from)
  if (root instanceof ExpressionFault) return root
  const steps: Step[] = []
  let end = from + root.length
  while (text[end] === '.' || text[end] === '[') {
    const step = text[end] === '.' ? readMember(text, end + 1) : readIndex(text, end + 1, depth)
    if (step instanceof ExpressionFault) return step
    steps.push(step.found)
    end = step.end
  }
  const path: Path = { root, steps: root === 'headers' ? steps.map(lowerCased) : steps }
  return judgeShape(path) ?? { found: path, end }
}

function readRoot(text: string, at: number): Root | ExpressionFault {
  const name = match(nameAt, text, at)
  const root = roots.find((known) => known === name)
  if (root !== undefined) return root
  if (text[at] === ' ') return new ExpressionFault('expected no space after `${` or `[`')
  const known = roots.map((each) => `\`${each}\``).join(', ')
  return new ExpressionFault(`expected one of ${known}, not ${show(name ?? text, name === undefined ? at : 0)}`)
}

function readMember(text: string, at: number): Read<Step> | ExpressionFault {
  const name = match(nameAt, text, at)
  if (name !== undefined) return { found: { name }, end: at + name.length }
  return new ExpressionFault(`expected a name after \`.\`, not ${show(text, at)}`)
}

function readIndex(text: string, at: number, depth: number): Read<Step> | ExpressionFault {
  const quoted = match(quotedAt, text, at)
  if (quoted !== undefined) return readClosing(text, { found: { name: quoted.slice(1, -1) }, end: at + quoted.length })
  if (text[at] === "'")
    return new ExpressionFault(`expected \`['name']\` of 1 to 128 characters, not ${show(text, at)}`)
  if (depth === maxDepth) return new ExpressionFault(`expected at most ${maxDepth} indexes inside each other`)
  const inner = readPath(text, at, depth + 1)
  return inner instanceof ExpressionFault ? inner : readClosing(text, { found: { index: inner.found }, end: inner.end })
}

const readClosing = (text: string, step: Read<Step>): Read<Step> | ExpressionFault =>
  text[step.end] === ']'
    ? { found: step.found, end: step.end + 1 }
    : new ExpressionFault(`expected \`]\`, not ${show(text, step.end)}`)

/** Field names are case-insensitive (RFC 9110 §5.1), and kept in lower case. */
const lowerCased = (step: Step): Step => ('name' in step ? { name: step.name.toLowerCase() } : step)

/** `user` has `id`, `issuer` and `claims.NAME`; `ip` stands alone; the others need a name. */
function judgeShape({ root, steps }: Path): ExpressionFault | undefined {
  const [first] = steps
  if (root === 'ip') return steps.length === 0 ? undefined : new ExpressionFault('`ip` has no members')
  if (first === undefined) return new ExpressionFault(`\`${root}\` needs a member, such as \`${root}.name\``)
  if (root !== 'user') return undefined
  const member = 'name' in first ? first.name : ''
  if ((member === 'id' || member === 'issuer') && steps.length === 1) return undefined
  if (member === 'claims' && steps.length > 1) return undefined
  return new ExpressionFault('`user` has `id`, `issuer` and `claims.NAME`')
}

const starts: Readonly<Record<Root, Reader>> = {
  user: ({ principal }) => (principal.id === '' ? undefined : principal),
  params: ({ input }) => input.params,
  query: ({ input }) => input.query,
  headers: ({ input }) => input.headers,
  body: ({ input }) => input.body,
  ip: ({ address }) => address,
  resource: ({ resource }) => resource,
}

const readerOf = ({ root, steps }: Path): Reader => steps.reduce(stepInto, starts[root])

function stepInto(holder: Reader, step: Step): Reader {
  if ('name' in step) return (exchange) => ownMember(holder(exchange), step.name)
  const index = readerOf(step.index)
  return (exchange) => ownMember(holder(exchange), index(exchange))
}

function ownMember(holder: unknown, key: unknown): unknown {
  if (typeof key !== 'string' && typeof key !== 'number') return undefined
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
  return (holder as Readonly<Record<string | number, unknown>>)[key]
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))

function asValue(value: unknown): Value {
  if (isScalar(value)) return value
  return Array.isArray(value) && value.every(isScalar) ? value : undefined
}

const stageOf: Readonly<Record<Root, Stage>> = {
  ip: 'ip',
  user: 'user',
  params: 'input',
  query: 'input',
  headers: 'input',
  body: 'input',
  resource: 'resource',
}

function allPaths({ root, steps }: Path): Expression['paths'] {
  const dynamic = steps.findIndex((step) => 'index' in step)
  const fixed = dynamic === -1 ? steps : steps.slice(0, dynamic)
  const names = fixed.flatMap((step) => ('name' in step ? [step.name] : []))
  return [{ root, names }, ...steps.flatMap((step) => ('index' in step ? allPaths(step.index) : []))]
}

/**
 * Parses a text with one or more `${…}`. One expression alone keeps its type; with text around it, it is written into a
 * string that has a value only if every part has a scalar one.
 */
export function parseExpression(text: string): Expression | ExpressionFault {
  if (text.length > maxLength) return new ExpressionFault(`expected an expression of at most ${maxLength} characters`)
  const parts: (string | Path)[] = []
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('${', at)
    const literal = text.slice(at, open === -1 ? text.length : open)
    if (literal !== '') parts.push(literal)
    if (open === -1) break
    const path = readPath(text, open + 2, 0)
    if (path instanceof ExpressionFault) return path
    if (text[path.end] !== '}') return new ExpressionFault(`expected \`}\`, not ${show(text, path.end)}`)
    parts.push(path.found)
    at = path.end + 1
  }
  return build(text, parts)
}

function build(text: string, parts: readonly (string | Path)[]): Expression {
  const paths = parts.flatMap((part) => (typeof part === 'string' ? [] : allPaths(part)))
  const stage = latest(paths.map(({ root }) => stageOf[root]))
  const [first] = parts
  if (parts.length === 1 && first !== undefined && typeof first !== 'string') {
    const reader = readerOf(first)
    return { text, single: true, paths, stage, read: (exchange) => asValue(reader(exchange)) }
  }
  const readers = parts.map((part) => (typeof part === 'string' ? part : readerOf(part)))
  return { text, single: false, paths, stage, read: (exchange) => writeTemplate(readers, exchange) }
}

function writeTemplate(parts: readonly (string | Reader)[], exchange: Exchange): string | undefined {
  let written = ''
  for (const part of parts) {
    const value = typeof part === 'string' ? part : part(exchange)
    if (!isScalar(value)) return undefined
    written += value
  }
  return written
}
