/** Generated policies: small ones over all blocks, most of which `check` finds sound. */

import fc from 'fast-check'
import {
  authenticate,
  authorize,
  because,
  cors,
  csrf,
  input,
  limits,
  list,
  maybe,
  network,
  roles,
  scopes,
  some,
} from './any-blocks.ts'
import { compact, shared } from './any-schema.ts'
import { anyDestination, type Blocks, type File, type Json, type Policy, type Route } from './policy.ts'
import { sound } from './sound.ts'

const shareable = {
  headers: maybe(
    some<NonNullable<Blocks['headers']>>('api', 'web', { use: 'api' as const, set: { 'X-Own-Mark': 'yes' } }),
  ),
  cors: maybe(cors),
  network: maybe(network, 8),
  authenticate: maybe(authenticate),
  csrf: maybe(csrf, 4),
  scopes: maybe(scopes, 4),
  concurrency: maybe(some({ max: 20 }), 4),
  timeout: maybe(some('20s'), 4),
}

const profile: fc.Arbitrary<Blocks> = fc
  .record({ ...shareable, rateLimit: maybe(limits('shared', false)) })
  .map((members) => compact<Blocks>(members))
const defaults = fc
  .record({ ...shareable, use: maybe(some('p'), 3), rateLimit: maybe(limits('file', false)) })
  .map(({ authenticate = 'public', ...rest }) => compact<NonNullable<File['defaults']>>({ ...rest, authenticate }))

const offs = (name: string) => maybe(some(name === 'csrf' ? undefined : ('off' as const)), 8)
const path = some('/', '/a', '/a/:id', '/:id', '/:id/b', '/a/*rest', '/*rest', '/a/b', '/a%20b')
const method = some('GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'ANY')

const routeOf = (verb: string, where: string): fc.Arbitrary<Route> =>
  fc
    .record({
      ...shareable,
      off: offs('network'),
      use: maybe(some('p'), 6),
      because: some(because),
      cost: maybe(some(1, 2), 6),
      reportOnly: maybe(list(some('csrf', 'rateLimit', 'scopes', 'input', 'authorize')), 6),
      rateLimit: maybe(
        fc.oneof({ weight: 6, arbitrary: limits('own', true) }, { weight: 1, arbitrary: some('off' as const) }),
      ),
      input: maybe(input(where.includes(':id'), verb !== 'GET' && verb !== 'HEAD')),
      authorize: maybe(authorize, 3),
      upstream: maybe(some('plain', 'prefix', 'headers'), 6),
      reply: maybe(some({ status: 200, body: 'fixed' }), 10),
    })
    .map(
      ({ off, upstream, reply, ...rest }) =>
        compact<Json>({
          ...rest,
          ...(off && { network: off }),
          ...(reply ? { reply } : { upstream }),
        }) as unknown as Route,
    )

const keyed = fc
  .tuple(method, path)
  .chain(([verb, where]) => routeOf(verb, where).map((route) => [`${verb} ${where}`, route] as const))
const routes = fc
  .uniqueArray(keyed, { minLength: 1, maxLength: 5, selector: ([key]) => shapeOf(key) })
  .map(Object.fromEntries)

/** Two routes of one shape and method are an error. */
const shapeOf = (key: string): string => key.replace(/:\w+/g, ':').replace(/\*\w+/g, '*')

const upstreams: Readonly<Record<string, Exclude<Route['upstream'], undefined>>> = {
  prefix: { url: anyDestination, prefix: '/other' },
  headers: { url: anyDestination, headers: { 'X-Plan': '${user.claims.plan}' } },
}

const withUpstream = (file: File): File => ({
  ...file,
  upstream: anyDestination,
  routes: Object.fromEntries(
    Object.entries(file.routes).map(([key, { upstream, ...route }]) => [
      key,
      upstream === undefined ? route : { ...route, upstream: upstreams[String(upstream)] ?? anyDestination },
    ]),
  ),
})

const file = (service: string, prefix: fc.Arbitrary<string | undefined>): fc.Arbitrary<File> =>
  fc
    .record({
      service: some(service),
      host: maybe(some<File['host']>('gate.example', '*.shop.example', ['gate.example', 'shop.example']), 4),
      prefix,
      upstream: some(''),
      defaults,
      routes,
    })
    .map((members) => compact<File>(members))

/** Policies whose routes go to `anyDestination`. */
export const policies: fc.Arbitrary<Policy> = fc
  .record({
    settings: some({}, {}, { trustedProxies: ['127.0.0.1/32', '10.0.0.0/8'] }),
    roles,
    schemas: some(shared),
    profiles: fc.record({ p: profile }),
    first: file('one', maybe(some('/one', '/a'), 2)),
    second: maybe(file('two', some('/two', '/one/a'))),
  })
  .map(({ first, second, ...rest }) => ({ ...rest, files: [first, ...(second ? [second] : [])].map(withUpstream) }))
  .map(sound)
