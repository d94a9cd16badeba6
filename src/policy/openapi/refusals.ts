/** The refusals of operations as responses of OpenAPI: one for each status, under the codes that stand behind it. */

import { type Code, catalogue } from '../../core/denial.ts'
import { type Headers, headerRefs } from './headers.ts'

/** What any request can meet, whatever its route. */
const anywhere: readonly Code[] = [
  'request_malformed',
  'request_timeout',
  'uri_too_long',
  'headers_too_large',
  'internal_error',
  'upgrade_unsupported',
  'overloaded',
  'shutting_down',
]

/** The headers that refusals carry, as `docs/http.md` has them. */
const carried: Readonly<Partial<Record<Code, string>>> = {
  token_missing: 'WWW-Authenticate',
  token_expired: 'WWW-Authenticate',
  token_invalid: 'WWW-Authenticate',
  credential_missing: 'WWW-Authenticate',
  credential_invalid: 'WWW-Authenticate',
  step_up_required: 'WWW-Authenticate',
  scope_missing: 'WWW-Authenticate',
  media_type_unsupported: 'Accept',
  rate_limited: 'Retry-After',
  overloaded: 'Retry-After',
  state_unavailable: 'Retry-After',
  keys_unavailable: 'Retry-After',
  audit_unavailable: 'Retry-After',
  shutting_down: 'Retry-After',
}

const order = Object.keys(catalogue) as readonly Code[]

/** The names of the two forms of a refusal among the schemas. */
export interface RefusalNames {
  readonly plain: string
  readonly problem: string
}

export class Refusals {
  readonly #sets = new Map<string, readonly Code[]>()

  /** The responses of an operation that can meet these codes. */
  responses(codes: readonly Code[]): Readonly<Record<string, unknown>> {
    const known = order.filter((code) => codes.includes(code))
    const byStatus = Map.groupBy(known, (code) => String(catalogue[code].status))
    const own = [...byStatus].map(([status, set]) => [status, this.#refer(set)] as const)
    return { ...Object.fromEntries(own), default: this.#refer(anywhere, 'refused') }
  }

  #refer(codes: readonly Code[], name = codes.join('.')): { readonly $ref: string } {
    this.#sets.set(name, codes)
    return { $ref: `#/components/responses/${name}` }
  }

  /** The responses that operations refer to; `limits` are the headers that tell of a limit. */
  components(names: RefusalNames, limits: Headers): Readonly<Record<string, unknown>> {
    const sorted = [...this.#sets].sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(
      sorted.map(([name, codes]) => [name, responseOf(codes, names, codes.includes('rate_limited') ? limits : {})]),
    )
  }
}

function responseOf(codes: readonly Code[], { plain, problem }: RefusalNames, limits: Headers) {
  const headers = ['X-Request-Id', ...new Set(codes.flatMap((code) => carried[code] ?? []))]
  return {
    description: codes.map(describe).join('\n'),
    headers: { ...headerRefs(headers), ...limits },
    content: {
      'application/json': {
        schema: { $ref: `#/components/schemas/${plain}` },
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
      },
      'application/problem+json': { schema: { $ref: `#/components/schemas/${problem}` } },
    },
  }
}

const describe = (code: Code): string => `- \`${code}\` (${catalogue[code].status}): ${catalogue[code].when}`

const example = (code: Code) => ({
  status: 'error',
  code,
  message: catalogue[code].message,
  requestId: '6c8dc4a8-9d21-404a-9e19-c3a7ccdec091',
})

const code = { type: 'string', enum: order, description: 'What was refused, for programs.' }
const requestId = { type: 'string', description: 'Finds the reason in the log of the server.' }
const text = (description: string) => ({ type: 'string', description })

const details = {
  type: 'array',
  description: 'Each fault of the input, beside `input_invalid`; never the value itself.',
  items: {
    type: 'object',
    required: ['in', 'path', 'rule', 'message'],
    properties: {
      in: { type: 'string', enum: ['params', 'query', 'headers', 'cookies', 'body'] },
      path: text('JSON Pointer into that part.'),
      rule: text('The schema keyword that it does not fit.'),
      message: text('What was expected.'),
    },
  },
}

/** The two forms of a refusal: plain, and RFC 9457 for who accepts `application/problem+json`. */
export const refusalSchemas = {
  plain: {
    type: 'object',
    required: ['status', 'code', 'message', 'requestId'],
    properties: {
      status: { const: 'error' },
      code,
      message: text('What was refused, for people.'),
      requestId,
      details,
    },
  },
  problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri', description: '`urn:portcullis:` and the code.' },
      title: text('The message of the code.'),
      status: { type: 'integer', description: 'The HTTP status.' },
      detail: text('What was refused, for people.'),
      code,
      requestId,
      details,
    },
  },
} as const
