/** What is answered where no stack runs: preflights and other OPTIONS, unknown paths, methods and hosts. */

import { type Answer, type Head, headerSet } from '../core/answer.ts'
import { Denial, deny } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Stack, WriteHead } from '../policy/stack.ts'
import { type Answering, type Matcher, methods } from './match.ts'

interface Detour {
  readonly heads: readonly WriteHead[]
  readonly result: Answer | Denial
}

const routeUnknown = deny('route_unknown')
const hostUnknown = deny('host_unknown')
const notOpen = deny('origin_denied', { cause: 'no route of this path and method lets the origin in' })

/** Methods that no route can answer and no server should (RFC 9110 §9.3.6 and §9.3.8): refused whatever the path. */
const refusedMethods: ReadonlySet<string> = new Set(['TRACE', 'CONNECT'])

/** Answers a request for which the matcher found no stack. */
export function detour(exchange: Exchange, match: Matcher, bareHead: WriteHead): Detour {
  const { method, host, path } = exchange
  const bare = [bareHead]
  if (!match.knows(host)) return { heads: bare, result: hostUnknown }
  const answering = match.answering(host, path)
  const [first] = answering
  if (method === 'OPTIONS' && first) return answerOptions(exchange, first.stack, answering)
  if (!first && !refusedMethods.has(method)) return { heads: bare, result: routeUnknown }
  const cors = corsOf(answering, exchange.ctx.req.headers.origin)
  const headers = ['Allow', allowOf(answering)]
  return { heads: cors ? [bareHead, cors] : bare, result: deny('method_not_allowed', { headers }) }
}

/** The cors of the path: of a method whose pages may be of this origin, so that they can read that theirs is not one. */
function corsOf(answering: readonly Answering[], origin = ''): WriteHead | undefined {
  const stacks = answering.map(({ stack }) => stack)
  const open = stacks.find(({ preflight }) => preflight?.accepts(origin))
  return open?.corsHead ?? stacks.find(({ corsHead }) => corsHead)?.corsHead
}

/** `first` is the stack of the most specific path. */
function answerOptions(exchange: Exchange, first: Stack, answering: readonly Answering[]): Detour {
  const { origin, 'access-control-request-method': wanted } = exchange.ctx.req.headers
  if (origin !== undefined && typeof wanted === 'string') {
    const stack = answering.find(({ method }) => method === wanted)?.stack
    return answerPreflight(exchange, stack ?? first, preflightOf(exchange, answering, { origin, stack }))
  }
  meetRoute(exchange, first)
  return { heads: first.heads, result: { status: 204, headers: ['Allow', allowOf(answering)] } }
}

interface Asked {
  readonly origin: string
  /** Of the method that the page wants to use. */
  readonly stack: Stack | undefined
}

function preflightOf(exchange: Exchange, answering: readonly Answering[], { origin, stack }: Asked): Answer | Denial {
  if (!stack?.preflight?.accepts(origin)) return notOpen
  const open = answering.filter((other) => other.stack.preflight?.accepts(origin))
  return stack.preflight.answer(exchange, listMethods(open))
}

function answerPreflight(exchange: Exchange, stack: Stack, result: Answer | Denial): Detour {
  const { facts, preflight, heads } = stack
  meetRoute(exchange, stack)
  if (!(result instanceof Denial))
    return { heads: [...heads, ownHead(result)], result: { status: result.status, headers: [] } }
  exchange.decision.judge = { guard: 'cors', source: preflight?.source ?? facts.source }
  return { heads: [...heads, varyAsPreflight], result }
}

/** What is counted and put on record of the answer belongs to this route. */
function meetRoute(exchange: Exchange, { facts, audit }: Stack): void {
  exchange.route = facts
  exchange.audit = audit
}

/** What `cors` answers is ours, so that it may name `Access-Control-*`, as no destination may. */
function ownHead({ headers }: Answer): WriteHead {
  return function writePreflight(_exchange, head) {
    const own: Record<string, string> = {}
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] ?? ''
      const value = headers[at + 1] ?? ''
      if (name.toLowerCase() === 'vary') head.vary.push(value)
      else own[name] = value
    }
    head.own.push(headerSet(own))
  }
}

const varyAsPreflight = (_exchange: Exchange, head: Head): void =>
  void head.vary.push('Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers')

const listMethods = (answering: readonly Answering[]): readonly string[] =>
  methods.filter((method) => answering.some((other) => other.method === method))

const allowOf = (answering: readonly Answering[]): string =>
  answering.length === 0 ? '' : [...listMethods(answering), 'OPTIONS'].join(', ')
