/** Matching: method, host and path → the one stack that answers, at the same cost for ten routes and ten thousand. */

import { decodeSegment } from '../core/path.ts'
import type { Stack } from '../policy/stack.ts'

/** The methods that routes answer; ANY stands for each of them, and GET answers HEAD where nothing else does. */
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

interface Found {
  readonly stack: Stack
  /** Percent-decoded; without a prototype. */
  readonly params: Readonly<Record<string, string>>
}

/** A method that a path answers, and the stack that does. */
export interface Answering {
  readonly method: string
  readonly stack: Stack
}

export interface Matcher {
  /** The stack of the most specific path among the routes that answer the method; `host` is lower case, without port. */
  find(method: string, host: string, path: string): Found | undefined
  /** Every method that the path answers, most specific path first; empty where no route names the path. */
  answering(host: string, path: string): readonly Answering[]
  /** Whether any route answers this host. */
  knows(host: string): boolean
}

interface Entry {
  readonly stack: Stack
  readonly names: readonly string[]
  /** One digit a segment: 0 literal, 1 parameter, 2 wildcard; the lesser text is the more specific path. */
  readonly shape: string
}

/** The routes of one shape: host (`''` for any) → method → entry. */
type Leaf = Map<string, Map<string, Entry>>

interface Node {
  readonly literals: Map<string, Node>
  param: Node | undefined
  /** A wildcard that begins here. */
  readonly rest: Leaf
  readonly leaf: Leaf
}

interface Query {
  readonly method: string
  readonly hosts: readonly string[]
  readonly path: string
  /** Of the parameters on the way, still percent-encoded. */
  readonly values: string[]
}

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null))
const anyHost: readonly string[] = ['']

/** Builds the one trie over all stacks, keyed by what the segments mean and not by how they are spelled. */
export function compileMatcher(stacks: readonly Stack[]): Matcher {
  const root = makeNode()
  for (const stack of stacks) insert(root, stack)
  fillIn(root)
  const known = new Set(stacks.flatMap(hostsOf))
  const named = known.size > (known.has('') ? 1 : 0)
  const candidates = (host: string) => (named ? [host, wildcardOf(host), ''] : anyHost)
  const seek = (method: string, host: string, path: string) => {
    const query = { method, hosts: candidates(host), path, values: [] }
    return { entry: walk(root, 1, query), query }
  }
  return {
    find(method, host, path) {
      const { entry, query } = seek(method, host, path)
      return entry && { stack: entry.stack, params: readParams(entry.names, query.values) }
    },
    answering(host, path) {
      const answered = methods.flatMap((method) => {
        const { entry } = seek(method, host, path)
        return entry ? [{ method, entry }] : []
      })
      return answered.sort(bySpecificity).map(({ method, entry }) => ({ method, stack: entry.stack }))
    },
    knows: (host) => candidates(host).some((candidate) => known.has(candidate)),
  }
}

/**
 * Depth first, the most specific branch first; a branch without an answer is walked back. A node lies at one depth only,
 * so that no request visits it twice.
 */
function walk(node: Node, at: number, query: Query): Entry | undefined {
  const { path, values } = query
  if (at > path.length) return answerOf(node.leaf, query)
  const slash = path.indexOf('/', at)
  const end = slash === -1 ? path.length : slash
  const segment = path.slice(at, end)
  const literal = node.literals.get(decodeSegment(segment))
  const found = literal && walk(literal, end + 1, query)
  if (found) return found
  if (node.param && segment !== '') {
    values.push(segment)
    const entry = walk(node.param, end + 1, query)
    if (entry) return entry
    values.pop()
  }
  const rest = answerOf(node.rest, query)
  if (rest) values.push(path.slice(at))
  return rest
}

/** Within one shape: the exact host, then the wildcard label, then any. */
function answerOf(leaf: Leaf, { hosts, method }: Query): Entry | undefined {
  if (leaf.size === 0) return undefined
  for (const host of hosts) {
    const entry = leaf.get(host)?.get(method)
    if (entry) return entry
  }
  return undefined
}

function readParams(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  if (names.length === 0) return noParams
  const params: Record<string, string> = Object.create(null)
  let index = 0
  for (const name of names) params[name] = decodeSegment(values[index++] ?? '')
  return params
}

const makeNode = (): Node => ({ literals: new Map(), param: undefined, rest: new Map(), leaf: new Map() })

function insert(root: Node, stack: Stack): void {
  const segments = stack.facts.path.slice(1).split('/')
  const names = segments.filter((segment) => kindOf(segment) !== '0').map((segment) => segment.slice(1))
  const entry = { stack, names, shape: segments.map(kindOf).join('') }
  let node = root
  for (const segment of segments) {
    const kind = kindOf(segment)
    if (kind === '2') break
    node = kind === '1' ? parameterOf(node) : literalOf(node, decodeSegment(segment))
  }
  place(entry.shape.endsWith('2') ? node.rest : node.leaf, entry)
}

const kindOf = (segment: string): string => (segment.startsWith(':') ? '1' : segment.startsWith('*') ? '2' : '0')

function parameterOf(node: Node): Node {
  node.param ??= makeNode()
  return node.param
}

function literalOf(node: Node, text: string): Node {
  const child = node.literals.get(text) ?? makeNode()
  node.literals.set(text, child)
  return child
}

function place(leaf: Leaf, entry: Entry): void {
  for (const host of hostsOf(entry.stack)) {
    const table = leaf.get(host) ?? new Map<string, Entry>()
    leaf.set(host, table.set(entry.stack.facts.method, entry))
  }
}

const hostsOf = ({ hosts }: Stack): readonly string[] =>
  hosts.length === 0 ? anyHost : hosts.map((host) => host.toLowerCase())

/** The wildcard that a host falls under: `a.shop.example` under `*.shop.example`. */
const wildcardOf = (host: string): string => host.replace(/^[^.]*/, '*')

/** Says of each table what ANY, and GET for HEAD, come to, so that a request looks up once. */
function fillIn(node: Node): void {
  for (const table of [...node.leaf.values(), ...node.rest.values()]) {
    for (const method of methods) {
      const entry = table.get(method) ?? (method === 'HEAD' ? table.get('GET') : undefined) ?? table.get('ANY')
      if (entry) table.set(method, entry)
    }
    table.delete('ANY')
  }
  for (const child of node.literals.values()) fillIn(child)
  if (node.param) fillIn(node.param)
}

type Answered = { readonly entry: Entry }

function bySpecificity({ entry: { shape: a } }: Answered, { entry: { shape: b } }: Answered): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
