/** Generated blocks of routes, and the roles behind them. */

import fc from 'fast-check'
import { compact, ofBody, ofHeader, ofParameter, ofQuery } from './any-schema.ts'
import type { Authorize, Blocks, Cors, Input, Json, JwtMethod, Limit, Method, Rule } from './policy.ts'

export const some = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
/** There one time in so many. */
export const maybe = <T>(arbitrary: fc.Arbitrary<T>, rarity = 2): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: rarity - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
export const list = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 2) =>
  fc.uniqueArray(arbitrary, { minLength: 1, maxLength })
export const because = 'the fuzzer wants it'

const jwt: fc.Arbitrary<Method> = fc
  .record({
    issuers: some(['shop'], ['corp'], ['shop', 'corp']),
    audience: maybe(some('api', 'narrow')),
    acr: maybe(some('mfa'), 4),
    maxAge: maybe(some('1h', '30d'), 4),
  })
  .map(({ audience, ...options }) => {
    const isKnown = audience !== 'narrow' || options.issuers.some((name) => name === 'shop')
    return { jwt: compact<JwtMethod['jwt']>({ ...options, audience: isKnown ? audience : 'api' }) }
  })

const isPublic = (method: Method): boolean => method === 'public'
export const authenticate: fc.Arbitrary<Blocks['authenticate']> = fc.oneof(
  { weight: 2, arbitrary: some<Method>('public') },
  { weight: 3, arbitrary: jwt },
  { weight: 2, arbitrary: some<Method>('apiKey', 'session', 'session') },
  {
    weight: 3,
    arbitrary: fc
      .uniqueArray(fc.oneof(jwt, some<Method>('apiKey', 'session', 'public')), {
        minLength: 2,
        maxLength: 4,
        selector: (method) => (typeof method === 'object' ? 'jwt' : method),
      })
      .map((methods) => [...methods.filter((method) => !isPublic(method)), ...methods.filter(isPublic)]),
  },
)

const origin = some('https://shop.example', 'https://*.shop.example', 'http://app.example:8080', 'https://app.example')
export const cors = fc
  .record({ origins: list(origin), credentials: maybe(fc.boolean()), headers: maybe(some(['X-Own'], ['If-Match'])) })
  .map((members) => compact<Cors>(members))
export const network = list(some('127.0.0.0/8', '10.0.0.0/8', '192.0.2.0/24', '192.0.2.7/32', '0.0.0.0/0'))
export const csrf = fc.oneof(
  some<Blocks['csrf']>('off'),
  fc.record({ origins: list(some('https://app.example', 'https://shop.example')) }),
)

const scope = some('things:read', 'things:write', 'things:admin')
export const scopes: fc.Arbitrary<Blocks['scopes']> = fc.oneof(
  list<string>(scope),
  fc.record({ any: list<string>(scope) }),
)

const keys: readonly Limit['by'][] = ['ip', 'all', 'user', ['ip', 'user']]
const ownKeys: readonly Limit['by'][] = ['${params.id}', ['user', '${query.q}'], '${headers.x-own}', '${user.id}']

/** Of a route, limits may also count by what is asked. */
const limit = (name: string, isOwn: boolean): fc.Arbitrary<Limit> =>
  fc
    .record({
      by: some(...keys, ...(isOwn ? ownKeys : [])),
      size: fc.oneof(fc.integer({ min: 1, max: 6 }), some(...(isOwn ? ['plan'] : [5]))),
      per: some('1s', '1m'),
      burst: maybe(fc.integer({ min: 1, max: 6 })),
      algorithm: some<Limit['algorithm']>('token-bucket', 'sliding-window'),
    })
    .map(({ size, burst, ...rest }) => {
      const byPlan = { by: 'user', limit: { on: '${user.claims.plan}', is: { pro: 5, free: 2 }, else: 3 } }
      const numbers = typeof size === 'number' ? { limit: size } : byPlan
      const own = rest.algorithm === 'sliding-window' ? {} : { burst }
      return compact<Json>({ ...rest, name, ...numbers, ...own }) as unknown as Limit
    })

export const limits = (name: string, inherits: boolean): fc.Arbitrary<Blocks['rateLimit']> =>
  fc
    .record({ inherit: fc.boolean(), one: limit(name, inherits), two: maybe(limit(`${name}2`, inherits)) })
    .map(({ inherit, one, two }) => [
      ...(inherit && inherits ? (['inherit'] as const) : []),
      one,
      ...(two ? [two] : []),
    ])

const expression = some<string | number>(
  '${params.id}',
  '${query.q}',
  '${user.id}',
  '${user.claims.plan}',
  '${headers.x-own}',
  'ada',
  3,
)
export const authorize: fc.Arbitrary<Authorize> = fc
  .record({
    action: some('read', 'change', 'remove'),
    subject: some('Thing', 'Other'),
    resource: fc.record({ ownerId: expression, kind: expression, size: expression }),
    field: maybe(some('name', 'price'), 3),
    roles: maybe(some('${user.claims.orgs[params.id]}'), 5),
    hide: maybe(fc.boolean()),
  })
  .map((members) => compact<Authorize>(members))

const operand = some<unknown>('${user.id}', '${user.claims.plan}', 'ada', 'pro', 3)
const condition = fc.oneof(
  operand,
  fc.record({ $ne: operand }),
  fc.record({ $in: list(some<unknown>('ada', 'x', 3, '${user.id}')) }),
  fc.record({ $gte: some<unknown>(3, 'b') }),
)
const attributes = list(fc.tuple(some('ownerId', 'kind', 'size'), condition)).map((entries) =>
  Object.fromEntries(entries),
)
const when = fc.oneof(
  { weight: 3, arbitrary: attributes },
  { weight: 1, arbitrary: fc.array(attributes, { minLength: 2, maxLength: 2 }).map(($or) => ({ $or })) },
)
const rule: fc.Arbitrary<Rule> = fc
  .record({
    verb: some('can', 'can', 'can', 'cannot'),
    actions: some<string | readonly string[]>('read', ['read', 'change'], 'manage', 'remove'),
    subject: some('Thing', 'all', 'Other'),
    fields: maybe(some(['name'], ['name', 'price']), 4),
    when: maybe(when),
    because: some(because),
  })
  .map(({ verb, actions, ...rest }) => compact<Json>({ [verb]: actions, ...rest }) as unknown as Rule)
export const roles = fc.record({
  reader: fc.array(rule, { minLength: 1, maxLength: 3 }),
  writer: fc.array(rule, { minLength: 1, maxLength: 2 }),
  admin: fc.array(rule, { minLength: 1, maxLength: 2 }),
  anonymous: fc.array(rule, { minLength: 1, maxLength: 2 }),
})

const parameters = <T>(
  schema: fc.Arbitrary<T>,
  ...names: readonly string[]
): fc.Arbitrary<Readonly<Record<string, T>>> =>
  list(fc.tuple(some(...names), schema), 3).map((entries) => Object.fromEntries(entries))

/** Of a route whose path has `:id` or not, and which may have a body or not. */
export const input = (hasId: boolean, hasBody: boolean): fc.Arbitrary<Input> =>
  fc
    .record({
      params: maybe(parameters(ofParameter, 'id')),
      query: maybe(
        fc.oneof(
          { weight: 4, arbitrary: parameters(ofQuery, 'q', 'page', '__proto__') },
          { weight: 1, arbitrary: some('any' as const) },
        ),
      ),
      headers: maybe(parameters(ofHeader, 'X-Own', 'x-other'), 4),
      cookies: maybe(parameters(ofHeader, 'theme', 'c'), 4),
      body: fc.option(fc.oneof({ weight: 4, arbitrary: ofBody }, { weight: 1, arbitrary: some('any' as const) }), {
        nil: undefined,
        freq: 4,
      }),
      bodyRequired: maybe(fc.boolean(), 3),
      maxBytes: maybe(some('1kb'), 3),
    })
    .map(({ params, body, bodyRequired, maxBytes, ...rest }) => {
      const taken = hasBody && body !== undefined ? { body, bodyRequired, maxBytes } : {}
      return compact<Json>({ ...rest, ...(hasId && { params }), ...taken }) as Input
    })
