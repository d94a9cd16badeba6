/** The `upstream` destination: an allowed request goes on to another server, in whatever language it is written. */

import type { Readable } from 'node:stream'
import type { Answer } from '../../core/answer.ts'
import { Denial } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import { ExpressionFault, hasExpression, parseExpression } from '../../core/expression.ts'
import { boolean, type Infer, object, record, string, union } from '../../schema/builder.ts'
import { sessionCookie } from '../../services/identity/session-cookie.ts'
import { outgoingTls } from '../../services/tls/outgoing.ts'
import type { Calls } from '../../services/upstreams/upstreams.ts'
import { type Destination, defineHandler } from '../handler.ts'
import { AnsweredCall } from './call.ts'
import { checkUpstream, upstreamRules } from './checks.ts'
import { compilePath } from './path.ts'
import { compileRequestHead, type OwnField } from './request-head.ts'

const url = string({ minLength: 1, title: 'a url', description: 'Scheme, host and port of the server.' })

const schema = union([
  url,
  object({
    url,
    'prefix?': string({
      pattern: '^/([^/?#:*]+(/[^/?#:*]+)*)?$',
      title: 'a path prefix',
      description: "Takes the place of the file's `prefix` on the way up.",
    }),
    'headers?': record(string(), {
      description: 'Set on every request, in place of what the client sent; left out where an expression has no value.',
    }),
    ...outgoingTls,
    'forwardToken?': boolean({
      description: 'Passes on the credential that `authenticate` checked; it stays here unless told.',
    }),
    'insecurePlain?': string({ minLength: 1, description: 'Why plain http: to another machine is good enough.' }),
  }),
])

type Block = Infer<typeof schema>

const optionsOf = (block: Block) => (typeof block === 'string' ? { url: block } : block)

export const upstream = defineHandler<Block>({
  name: 'upstream',
  summary: 'Passes the checked request on to another server, with the identity of its caller.',
  example:
    "upstream: { url: https://orders.internal, prefix: /v2/orders, headers: { X-Tenant: '${user.claims.tenant}' } }",
  schema,
  expressions: ['headers'],
  refuses: ['body_too_large', 'upstream_failed', 'upstream_timeout'],
  describe: () => ({ refusals: ['upstream_failed', 'upstream_timeout'] }),
  rules: upstreamRules,
  check(block) {
    const faults = checkUpstream(optionsOf(block))
    return typeof block === 'string' ? faults.map((fault) => ({ ...fault, path: [] })) : faults
  },
  compile(block, { route }, { upstreams, randomId, identity }): Destination {
    const { ca, cert, key, serverName, prefix, headers = {}, forwardToken = false, ...options } = optionsOf(block)
    const calls = upstreams.calls({ origin: new URL(options.url).origin, ca, cert, key, serverName })
    const fields = Object.entries(headers).map(readField)
    const cookies = identity === undefined ? [] : [sessionCookie]
    const writeHead = compileRequestHead({ fields, forwardToken, cookies, randomId })
    const call: Call = { calls, writeHead, cookies, writePath: compilePath(route.prefix, prefix) }
    return function upstreamDestination(exchange) {
      const { body } = exchange
      if (body.replaced !== undefined) return send(call, exchange, body.replaced)
      if (body.taken)
        return body.read(0).then((bytes) => (bytes instanceof Denial ? bytes : send(call, exchange, bytes)))
      const stream = body.present ? body.stream() : undefined
      if (stream instanceof Denial) return stream
      return send(call, exchange, stream)
    }
  },
})

function readField([name, text]: readonly [string, string]): OwnField {
  if (!hasExpression(text)) return { name, value: text }
  const value = parseExpression(text)
  if (value instanceof ExpressionFault) throw new TypeError(value.message)
  return { name, value }
}

/** What is the same for every request of a route. */
interface Call {
  readonly calls: Calls
  readonly writeHead: (exchange: Exchange) => string
  readonly writePath: (path: string) => string
  readonly cookies: readonly string[]
}

/** As it was declared, or of one that has come whole. */
const lengthOf = ({ length, wholeLength }: Exchange['body']): number | undefined => (length > 0 ? length : wholeLength)

/** Ends with the exchange, however that ends: at its timeout, or because the client is gone. */
function send(
  { calls, writeHead, writePath, cookies }: Call,
  exchange: Exchange,
  body: Buffer | Readable | undefined,
): Promise<Answer | Denial> {
  const { method } = exchange
  const query = exchange.sanitisedQuery ?? exchange.query
  const path = writePath(exchange.path)
  const call = new AnsweredCall(
    calls,
    {
      method,
      path: query === '' ? path : `${path}?${query}`,
      lines: writeHead(exchange),
      body,
    },
    {
      retriable: body === undefined && (method === 'GET' || method === 'HEAD'),
      cookies,
      lengthOfBody: () => lengthOf(exchange.body),
    },
  )
  exchange.defer(() => call.cancel())
  return call.answer
}
