/** The model's reading of `${…}`: dotted paths with one level of indexes, over a plain record of the request. */

import type { Principal } from '../credentials.ts'

/** What expressions can see; `input` is empty until the input was accepted. */
export interface Facts {
  readonly ip: string
  readonly user: Principal | undefined
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

function member(holder: unknown, name: unknown): unknown {
  if (typeof holder !== 'object' || holder === null || typeof name !== 'string') return undefined
  return Object.hasOwn(holder, name) ? (holder as Readonly<Record<string, unknown>>)[name] : undefined
}

function follow(path: string, facts: Facts): unknown {
  const [, outer, inner] = /^(.*)\[(.*)\]$/.exec(path) ?? []
  if (outer !== undefined && inner !== undefined) return member(follow(outer, facts), follow(inner, facts))
  return path.split('.').reduce((holder: unknown, name) => member(holder, name), facts)
}

/** A scalar, a list of scalars, or nothing; a text without `${` is itself. */
export function evaluate(text: unknown, facts: Facts): unknown {
  if (typeof text !== 'string' || !text.includes('${')) return text
  const value = follow(text.slice(2, -1), facts)
  return isScalar(value) || (Array.isArray(value) && value.every(isScalar)) ? value : undefined
}
