/** `authenticate`: who is calling. */

import { isDeepStrictEqual } from 'node:util'
import { type Code, Denial, deny } from '../../core/denial.ts'
import type { Fault, Rules } from '../../core/diagnostic.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Site } from '../../core/site.ts'
import type { Services } from '../../services/services.ts'
import { defineGuard, type Step } from '../guard.ts'
import type { Admitted, Authenticator } from './kind.ts'
import {
  type AuthenticateBlock,
  asks,
  authenticateSchema,
  kinds,
  type Method,
  type MethodOf,
  methodsOf,
  type Options,
} from './method.ts'

const rules = {
  'authenticate/public-not-last': {
    severity: 'error',
    cause: '`public` admits everyone, so that nothing after it is asked.',
    hint: 'put `public` last, where it makes the credential optional',
  },
  'authenticate/credential-header': {
    severity: 'error',
    cause:
      'A credential stands in a header of its own; this one is read or written by HTTP, by proxies or by this server.',
    hint: 'take another one, such as `X-API-Key`',
  },
  'authenticate/signed-text': {
    severity: 'error',
    cause:
      'What is not signed can be changed on the way, and parts that run into one another can be parted in two ways.',
    hint: 'sign the body and what else is read of the request, such as `{timestamp}.{body}`',
  },
  'authenticate/weak-secret': {
    severity: 'error',
    cause: 'Whoever guesses the secret signs as the sender.',
    hint: 'make one with `openssl rand -base64 32`, and give it to the sender',
  },
  'authenticate/duplicate-method': {
    severity: 'error',
    cause: 'The first credential that is present decides, so that a second `jwt` is never asked.',
    hint: 'keep one `jwt` and list its issuers in `issuers`',
  },
} as const satisfies Rules

/** A browser sends a cookie along whoever asks it to. */
const guardedByCookie = Object.freeze({ csrf: Object.freeze({}) })

export const authenticate = defineGuard<AuthenticateBlock>({
  name: 'authenticate',
  summary: 'Says who may call: anyone, or whoever shows a good token of the issuers that are named.',
  example: 'authenticate:\n  - jwt: { issuers: [shop], audience: orders-api }\n  - public\n',
  schema: authenticateSchema,
  refuses: [
    ...new Set(Object.values(kinds).flatMap(({ missing, refuses }) => [missing, ...refuses])),
    'step_up_required',
  ],
  rules,
  isOpen: (block) => !methodsOf(block).some(asks),
  isStricter,
  implies: (block) => (methodsOf(block).some(({ kind }) => kind === 'session') ? guardedByCookie : {}),
  check(block, site) {
    const list = methodsOf(block)
    return list.flatMap((method, index): readonly Fault[] => {
      const path = Array.isArray(block) ? [index] : []
      const { kind } = method
      if (kind === 'public' && index < list.length - 1)
        return [{ rule: 'authenticate/public-not-last', path, message: '`public` is followed by another method' }]
      if (!asks(method)) return []
      if (list.findIndex((other) => placeOf(other) === placeOf(method)) < index)
        return [{ rule: 'authenticate/duplicate-method', path, message: `expected one \`${kind}\`, found another` }]
      return checkMethod(method, site)
    })
  },
  async compile(block, site, services) {
    const methods = methodsOf(block)
    const asked = methods.filter(asks)
    if (asked.length === 0) return {}
    const authenticators = await Promise.all(asked.map((method) => compileMethod(method, site, services)))
    const missing = missingOf(codeOf(asked), authenticators)
    const source = Object.freeze({ file: site.file, line: site.line })
    const decide = authenticateGuard(authenticators, { missing, isOptional: asked.length < methods.length })
    return { steps: [{ guard: 'authenticate', gate: 'authenticate', source, decide }] }
  },
  describe(block) {
    const methods = methodsOf(block)
    const asked = methods.filter(asks)
    if (asked.length === 0) return { refusals: [] }
    const ways = asked.map((method) => describeMethod(method))
    const demands = asked.map((method) => demandsOf(method))
    const refusals = [
      codeOf(asked),
      ...asked.flatMap(({ kind }) => kinds[kind].refuses),
      ...demands.flatMap((demand) => demand?.refusals ?? []),
    ]
    const notes = demands.flatMap((demand) => demand?.notes ?? [])
    return { credentials: { ways, isOptional: asked.length < methods.length }, refusals, notes }
  },
})

/** What is read of a request: of one kind there may be several, each in a header of its own. */
function placeOf(method: Method): string {
  const { header = '' } = 'options' in method ? (method.options as { readonly header?: string }) : {}
  return `${method.kind} ${header.toLowerCase()}`
}

/** The same ways, of which some ask for a stronger or a more recent login. */
function isStricter(block: AuthenticateBlock, inherited: AuthenticateBlock): boolean {
  const [own, former] = [methodsOf(block), methodsOf(inherited)]
  return own.length === former.length && own.every((method, index) => addsToLogin(method, former[index]))
}

function addsToLogin(method: Method, former: Method | undefined): boolean {
  if (former === undefined || method.kind !== former.kind) return false
  const [options, known] = [optionsOf(method), optionsOf(former)]
  const added = stepUpNames.filter((name) => known[name] === undefined)
  const rest = Object.fromEntries(Object.entries(options).filter(([name]) => !added.includes(name)))
  return isDeepStrictEqual(rest, known)
}

const stepUpNames: readonly string[] = ['acr', 'maxAge']
const optionsOf = (method: Method): Readonly<Record<string, unknown>> =>
  'options' in method ? { ...method.options } : {}

/** Asked before what is written was judged too: a word may be none, or a reference that nothing fills in. */
function checkMethod<K extends keyof Options>({ kind, options, path }: MethodOf<K>, site: Site): readonly Fault[] {
  if (!Object.hasOwn(kinds, kind)) return []
  return (kinds[kind].check?.(options, site) ?? []).map((fault) => ({ ...fault, path: [...path, ...fault.path] }))
}

const compileMethod = <K extends keyof Options>({ kind, options }: MethodOf<K>, site: Site, services: Services) =>
  kinds[kind].compile(options, site, services)

const describeMethod = <K extends keyof Options>({ kind, options }: MethodOf<K>) => kinds[kind].describe(options)

const demandsOf = <K extends keyof Options>({ kind, options }: MethodOf<K>) => kinds[kind].demands?.(options)

/** A route that takes a token among others says of a missing credential what it says of a missing token. */
const codeOf = (asked: readonly { readonly kind: keyof Options }[]): Code =>
  asked.find(({ kind }) => kinds[kind].missing === 'token_missing') ? 'token_missing' : 'credential_missing'

/** No error is told where no credential came (RFC 6750 §3.1). */
const missingOf = (code: Code, authenticators: readonly Authenticator[]): Denial =>
  deny(code, { headers: ['WWW-Authenticate', authenticators.map(({ challenge }) => challenge).join(', ')] })

interface Lack {
  /** What a request without any credential gets. */
  readonly missing: Denial
  /** Unless it is let in all the same. */
  readonly isOptional: boolean
}

/** The first credential that is present decides. */
function authenticateGuard(authenticators: readonly Authenticator[], { missing, isOptional }: Lack): Step['decide'] {
  // None of those that the route takes goes upstream, whichever decided.
  const credentials = Object.freeze([...new Set(authenticators.flatMap((authenticator) => authenticator.credentials))])
  const ways = authenticators.map((authenticator) => ({ ...authenticator, credentials }))
  return function authenticateGuard(exchange) {
    for (const way of ways) {
      const verdict = way.judge(exchange)
      if (verdict instanceof Promise) return verdict.then((settled) => accept(exchange, way, settled))
      if (verdict !== undefined) return accept(exchange, way, verdict)
    }
    if (!isOptional) return missing
    exchange.credentialMissing = missing
    return undefined
  }
}

function accept(exchange: Exchange, way: Authenticator, verdict: Admitted | Denial): Denial | undefined {
  if (verdict instanceof Denial) return verdict
  exchange.principal = verdict.principal
  exchange.apiKey = verdict.apiKey
  exchange.credentials = way.credentials
  exchange.credentialCookies = way.cookies ?? none
  return undefined
}

const none: readonly string[] = Object.freeze([])
