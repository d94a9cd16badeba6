/** The client's header fields that never go up: they belong to its connection, or say what only this server may say. */

import { hopByHop } from '../../core/hop-by-hop.ts'

/** What this server says about a request; whatever a client says in these names is dropped. */
const spokenByUs: ReadonlySet<string> = new Set([
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'x-user-id',
  'x-user-issuer',
  'x-user-scopes',
  'x-user-roles',
])

/** Fields by which a request would become another one behind the guards that judged it. */
const disguises = ['x-http-method', 'x-http-method-override', 'x-method-override', 'x-original-url', 'x-rewrite-url']

/** `proxy` becomes the variable HTTP_PROXY of a CGI program; framing is made anew by the client of the upstream. */
const withheld = new Set([
  ...hopByHop,
  ...spokenByUs,
  ...disguises,
  'host',
  'content-length',
  'expect',
  'proxy',
  'traceparent',
  'tracestate',
])

const plainName = /^[a-z0-9-]+$/

/**
 * Whether a field, in lower case, goes up; `more` are further names that do not. Many servers read `x_user_id` and
 * `x.user.id` as `x-user-id`, so every such spelling is held to the same.
 */
export function goesUp(field: string, more: ReadonlySet<string>): boolean {
  const name = plainName.test(field) ? field : field.replace(/[^a-z0-9]/g, '-')
  return !withheld.has(name) && !more.has(name) && !name.startsWith('x-forwarded-')
}
