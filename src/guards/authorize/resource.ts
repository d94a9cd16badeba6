/** Where a route's resource comes from: expressions, or a loader of the user's own. */

import { type Denial, deny } from '../../core/denial.ts'
import type { Exchange, Input } from '../../core/exchange.ts'
import { ExpressionFault, hasExpression, parseExpression, type Scalar } from '../../core/expression.ts'
import type { Principal } from '../../core/principal.ts'
import { isThenable } from '../../core/thenable.ts'
import { within } from '../../core/within.ts'

/** What a loader is told of the request. */
export interface LoaderRequest {
  readonly principal: Principal
  readonly params: Readonly<Record<string, unknown>>
  readonly input: Readonly<Input>
  /** The client's address. */
  readonly address: string
  readonly requestId: string
}

/** What a request is about: attribute → value, for the conditions of roles. */
export type Resource = Readonly<Record<string, unknown>>

/**
 * Finds the resource that a request is about: a plain object, whose own members are its attributes. None (`null`, or
 * `undefined` as `Array.find` gives it) is 404 `not_found`; a throw is a 500.
 */
export type ResourceLoader = (
  request: LoaderRequest,
) => Resource | null | undefined | PromiseLike<Resource | null | undefined>

/** Sets the exchange's resource, or says that there is none. */
export type Supply = (exchange: Exchange) => Denial | undefined | Promise<Denial | undefined>

/** Attribute → scalar or expression; an attribute whose expression has no value is missing. */
export function supplyByExpression(attributes: Readonly<Record<string, Scalar>>): Supply {
  const readers = Object.entries(attributes).map(([name, value]) => ({ name, read: compileValue(value) }))
  return (exchange) => {
    const resource: Record<string, unknown> = {}
    for (const { name, read } of readers) {
      const value = read(exchange)
      if (value !== undefined) resource[name] = value
    }
    exchange.resource = resource
    return undefined
  }
}

/** Parses an expression that `check` found none wrong with. */
export function compileExpression(text: string) {
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault) throw new TypeError(`\`${text}\`: ${expression.message}`)
  return expression.read
}

const compileValue = (value: Scalar): ((exchange: Exchange) => unknown) =>
  hasExpression(value) ? compileExpression(value) : () => value

const missing = deny('not_found', { cause: 'the loader found no such resource' })

/** Calls the loader, at most for as long as the answer's head may take. */
export function supplyByLoader(reference: string, loader: ResourceLoader): Supply {
  const late = { denial: deny('upstream_timeout', { cause: `loader \`${reference}\` did not answer in time` }) }
  const accept = (exchange: Exchange, found: unknown): Denial | undefined => {
    if (found === null || found === undefined) return missing
    if (!isPlainObject(found)) throw new TypeError(`loader \`${reference}\`: expected a plain object or null`)
    exchange.resource = found
    return undefined
  }
  return (exchange) => {
    const { principal, address, requestId, input, timeout } = exchange
    const asked = loader({ principal, params: input.params, input, address, requestId })
    if (!isThenable(asked)) return accept(exchange, asked)
    const found = within(timeout.head, Promise.resolve(asked), late)
    return found.then((value) => (value === late.denial ? late.denial : accept(exchange, value)))
  }
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
