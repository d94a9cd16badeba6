/** Whose requests are counted together: a key for every request, which no other kind of key can equal. */

import { hash } from 'node:crypto'
import { addressBlock } from '../../core/address.ts'
import type { Exchange } from '../../core/exchange.ts'
import { ExpressionFault, latest, parseExpression, type Stage, type Value } from '../../core/expression.ts'
import type { Principal } from '../../core/principal.ts'

/** The words that stand for a key; anything else is an expression. */
export const keyWords = ['ip', 'user', 'all'] as const

interface ClientKey {
  /** When the key is known at the earliest. */
  readonly stage: Stage
  read(exchange: Exchange): string
}

const byAddress = ({ address }: Exchange): string => `ip:${addressBlock(address)}`

/** Made once for each token: as long as it is remembered, its principal is the same object. */
const userKeys = new WeakMap<Principal, string>()

/** The issuer's length keeps issuer and id apart. */
function byUser(exchange: Exchange): string {
  const { principal } = exchange
  if (principal.id === '') return byAddress(exchange)
  const known = userKeys.get(principal)
  if (known !== undefined) return known
  const key = bounded(`user:${principal.issuer.length}:${principal.issuer}${principal.id}`)
  userKeys.set(principal, key)
  return key
}

const parts: Readonly<Record<string, ClientKey>> = {
  ip: { stage: 'ip', read: byAddress },
  user: { stage: 'user', read: byUser },
  all: { stage: 'ip', read: () => 'all' },
}

/** Compiles `by`; an expression that cannot be parsed was refused when the policy was checked. */
export function compileKey(by: string | readonly string[]): ClientKey {
  if (typeof by === 'string') return parts[by] ?? compileValue(by)
  const compound = by.map((part) => parts[part] ?? compileValue(part))
  return {
    stage: latest(compound.map(({ stage }) => stage)),
    read: (exchange) => bounded(compound.map(({ read }) => lengthFirst(read(exchange))).join('')),
  }
}

function compileValue(text: string): ClientKey {
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault) throw new TypeError(`${text}: ${expression.message}`)
  return {
    stage: expression.stage,
    read: (exchange) => writeValue(expression.read(exchange)) ?? byAddress(exchange),
  }
}

const writeValue = (value: Value): string | undefined => {
  if (value === undefined) return undefined
  return bounded(typeof value === 'object' ? `list:${JSON.stringify(value)}` : `value:${value}`)
}

/** Makes parts that stand one after the other unambiguous. */
const lengthFirst = (part: string): string => `${part.length}:${part}`

/** Longer keys stand in memory as their digest. */
const longest = 256

/** Over the code units: as UTF-8, halves of surrogate pairs would all be the same. */
const bounded = (key: string): string =>
  key.length > longest ? `sha256:${hash('sha256', Buffer.from(key, 'utf16le'), 'base64url')}` : key
