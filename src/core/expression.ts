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

const roots = ['user', 'params', 'query', 'headers', 'body', 'ip', 'resource'] as const
export type Root = (typeof roots)[number]

/** The parts of a request that an expression needs before it can be read. */
export type Stage = 'ip' | 'user' | 'input' | 'resource'

export interface Expression {
  /** As written, `${…}` included. */
  readonly text: string
  /** Every path in it, indexes included, such as `user.claims.orgs`. */
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

/** Whether a text holds something that is filled in at load: `${env:…}`, `${secret:…}`, `${file:…}`, `${value:…}`. */
export const hasReference = (text: unknown): text is string =>
  typeof text === 'string' && /\$\{(env|secret|file|value):/.test(text)

/** Whether a text holds an expression. */
export const hasExpression = (text: unknown): text is string => typeof text === 'string' && /\$\{(?!(env|secret|file|value):)/.test(text)

const nameAt = /[A-Za-z_][A-Za-z0-9_-]*/y
const quotedAt = /'([^'\]]{1,128})'/y

/** Reads `root(.name | [path] | ['name'])*` from `text`; returns the path and where it ended. */
function readPath(text: string, from: number): { path: Path; end: number } | ExpressionFault {
  const root = match(nameAt, text, from)
  if (!root || !(roots as readonly string[]).includes(root)) {
    return new ExpressionFault(`expected one of ${roots.map((name) => `\`${name}\``).join(', ')}, not \`${root ?? text.slice(from)}\``)
  }
  const steps: Step[] = []
  let end = from + root.length
  for (;;) {
    const step = readStep(text, end)
    if (step === undefined) break
    if (step instanceof ExpressionFault) return step
    steps.push(step.step)
    end = step.end
  }
  return judgeShape({ root: root as Root, steps }, end)
}

function readStep(text: string, at: number): { step: Step; end: number } | ExpressionFault | undefined {
  if (text[at] === '.') {
    const name = match(nameAt, text, at + 1)
    return name ? { step: { name }, end: at + 1 + name.length } : new ExpressionFault('expected a name after `.`')
  }
  if (text[at] !== '[') return undefined
  const quoted = match(quotedAt, text, at + 1)
  if (quoted) return closing(text, { name: quoted.slice(1, -1) }, at + 1 + quoted.length)
  const inner = readPath(text, at + 1)
  if (inner instanceof ExpressionFault) return inner
  return closing(text, { index: inner.path }, inner.end)
}

const closing = (text: string, step: Step, at: number): { step: Step; end: number } | ExpressionFault =>
  text[at] === ']' ? { step, end: at + 1 } : new ExpressionFault('expected `]`')

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** `user` has `id`, `issuer` and `claims.NAME`; `ip` stands alone; the others need a name. */
function judgeShape(path: Path, end: number): { path: Path; end: number } | ExpressionFault {
  const [first] = path.steps
  if (path.root === 'ip') return path.steps.length === 0 ? { path, end } : new ExpressionFault('`ip` has no members')
  if (first === undefined) return new ExpressionFault(`\`${path.root}\` needs a member, such as \`${path.root}.name\``)
  if (path.root !== 'user') return { path, end }
  const member = 'name' in first ? first.name : ''
  if ((member === 'id' || member === 'issuer') && path.steps.length === 1) return { path, end }
  if (member === 'claims' && path.steps.length > 1) return { path, end }
  return new ExpressionFault('`user` has `id`, `issuer` and `claims.NAME`')
}

function startOf(root: Root, exchange: Exchange): unknown {
  if (root === 'user') return exchange.principal.id === '' ? undefined : exchange.principal
  if (root === 'ip') return exchange.address
  if (root === 'resource') return exchange.resource
  return exchange.input[root]
}

function follow(path: Path, exchange: Exchange): unknown {
  let value = startOf(path.root, exchange)
  for (const step of path.steps) {
    const key = 'name' in step ? memberName(path.root, step.name) : follow(step.index, exchange)
    if (typeof key !== 'string' && typeof key !== 'number') return undefined
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string | number, unknown>)[key]
  }
  return value
}

const memberName = (root: Root, name: string): string => (root === 'headers' ? name.toLowerCase() : name)

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))

const asValue = (value: unknown): Value => {
  if (isScalar(value)) return value
  return Array.isArray(value) && value.every(isScalar) ? value : undefined
}

const stageOf: Readonly<Record<Root, Stage>> = {
  ip: 'ip', user: 'user', params: 'input', query: 'input', headers: 'input', body: 'input', resource: 'resource',
}
const stages: readonly Stage[] = ['ip', 'user', 'input', 'resource']

function allPaths(path: Path): { root: Root; names: string[] }[] {
  const names: string[] = []
  for (const step of path.steps) {
    if (!('name' in step)) break
    names.push(step.name)
  }
  const inner = path.steps.flatMap((step) => ('index' in step ? allPaths(step.index) : []))
  return [{ root: path.root, names }, ...inner]
}

/**
 * Parses a text with one or more `${…}`. One expression alone keeps its type; with text around it, it is written into a
 * string that has a value only if every part has a scalar one.
 */
export function parseExpression(text: string): Expression | ExpressionFault {
  const parts: (string | Path)[] = []
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('${', at)
    if (open !== at) parts.push(text.slice(at, open === -1 ? text.length : open))
    if (open === -1) break
    const read = readPath(text, open + 2)
    if (read instanceof ExpressionFault) return read
    if (text[read.end] !== '}') return new ExpressionFault(`expected \`}\`, not \`${text.slice(read.end, read.end + 12) || 'the end'}\``)
    parts.push(read.path)
    at = read.end + 1
  }
  return build(text, parts)
}

function build(text: string, parts: readonly (string | Path)[]): Expression {
  const paths = parts.flatMap((part) => (typeof part === 'string' ? [] : allPaths(part)))
  const stage = stages.findLast((name) => paths.some((path) => stageOf[path.root] === name)) ?? 'ip'
  const [only] = parts
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
    return { text, paths, stage, read: (exchange) => asValue(follow(only, exchange)) }
  }
  return { text, paths, stage, read: (exchange) => writeTemplate(parts, exchange) }
}

function writeTemplate(parts: readonly (string | Path)[], exchange: Exchange): string | undefined {
  let written = ''
  for (const part of parts) {
    const value = typeof part === 'string' ? part : follow(part, exchange)
    if (!isScalar(value)) return undefined
    written += value
  }
  return written
}
