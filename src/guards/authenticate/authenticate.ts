/** `authenticate`: who is calling. */

import { type Code, Denial } from '../../core/denial.ts'
import type { Fault, Rules } from '../../core/diagnostic.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Verified } from '../../services/keys/verifier.ts'
import { defineGuard, type Step } from '../guard.ts'
import { readBearer, tokenMissing } from './bearer.ts'
import { type AuthenticateBlock, authenticateSchema, methodsOf } from './method.ts'
import { compileVerify, type Verify } from './verify.ts'

const rules = {
  'authenticate/public-not-last': {
    severity: 'error',
    cause: '`public` admits everyone, so that nothing after it is asked.',
    hint: 'put `public` last, where it makes the credential optional',
  },
  'authenticate/duplicate-method': {
    severity: 'error',
    cause: 'The first credential that is present decides, so that a second `jwt` is never asked.',
    hint: 'keep one `jwt` and list its issuers in `issuers`',
  },
} as const satisfies Rules

const consumed: readonly string[] = Object.freeze(['authorization'])

export const authenticate = defineGuard<AuthenticateBlock>({
  name: 'authenticate',
  summary: 'Says who may call: anyone, or whoever shows a good token of the issuers that are named.',
  example: 'authenticate:\n  - jwt: { issuers: [shop], audience: orders-api }\n  - public\n',
  schema: authenticateSchema,
  refuses: ['token_missing', 'token_invalid', 'token_expired', 'keys_unavailable'],
  rules,
  isOpen: (block) => methodsOf(block).every(({ kind }) => kind === 'public'),
  check(block) {
    return methodsOf(block).flatMap(({ kind }, index, methods): readonly Fault[] => {
      const path = Array.isArray(block) ? [index] : []
      if (kind === 'public' && index < methods.length - 1) {
        return [{ rule: 'authenticate/public-not-last', path, message: '`public` is followed by another method' }]
      }
      if (kind === 'public' || methods.findIndex((other) => other.kind === kind) === index) return []
      return [{ rule: 'authenticate/duplicate-method', path, message: 'expected one `jwt`, found another' }]
    })
  },
  compile(block, site, { issuers }) {
    const methods = methodsOf(block)
    const jwt = methods.find(({ kind }) => kind === 'jwt')
    if (jwt === undefined) return {}
    const verify = compileVerify(jwt.options, issuers)
    const source = Object.freeze({ file: site.file, line: site.line })
    const decide = authenticateGuard(verify, methods.some(({ kind }) => kind === 'public') ? undefined : tokenMissing)
    return { steps: [{ guard: 'authenticate', gate: 'authenticate', source, decide }] }
  },
  describe(block) {
    const methods = methodsOf(block)
    const jwt = methods.find(({ kind }) => kind === 'jwt')
    if (jwt === undefined) return { refusals: [] }
    const optional = methods.some(({ kind }) => kind === 'public')
    const refusals: readonly Code[] = ['token_missing', 'token_expired', 'token_invalid']
    return { tokens: { issuers: jwt.options.issuers, optional }, refusals }
  },
})

/** `missing` is what a request without a credential gets. */
const authenticateGuard = (verify: Verify, missing: Denial | undefined): Step['decide'] =>
  function authenticateGuard(exchange) {
    const token = readBearer(exchange.ctx.req.headers.authorization)
    if (token === undefined) return missing
    return token instanceof Denial ? token : admit(exchange, verify(token))
  }

function admit(exchange: Exchange, verdict: ReturnType<Verify>): ReturnType<Step['decide']> {
  return verdict instanceof Promise ? verdict.then((settled) => accept(exchange, settled)) : accept(exchange, verdict)
}

function accept(exchange: Exchange, verdict: Verified | Denial): Denial | undefined {
  if (verdict instanceof Denial) return verdict
  exchange.principal = verdict.principal
  exchange.credentials = consumed
  return undefined
}
