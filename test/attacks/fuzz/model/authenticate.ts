/** The model's view of who calls: the first credential that is present decides. */

import { type Principal, tokenOf } from '../credentials.ts'
import type { JwtMethod, Method } from '../policy.ts'
import { milliseconds } from './limits.ts'
import { type Asked, headerOf } from './request.ts'

/** Credentials of accounts, which differ from run to run. */
export interface Accounts {
  readonly apiKey: { readonly text: string; readonly principal: Principal }
  readonly session: { readonly text: string; readonly principal: Principal }
}

export interface Caller {
  readonly principal: Principal | undefined
  /** A browser sent the credential by itself. */
  readonly byCookie: boolean
}

export const sessionCookie = '__Host-session'

/** Values of cookies of one name. */
export const cookiesOf = (asked: Asked, name: string): readonly string[] =>
  (headerOf(asked, 'cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim().split('='))
    .filter(([own, ...rest]) => own === name && rest.length > 0)
    .map(([, ...rest]) => rest.join('='))

type Verdict = Caller | string | undefined

function byToken(asked: Asked, { jwt }: JwtMethod, now: number): Verdict {
  const header = headerOf(asked, 'authorization')
  if (header === undefined) return undefined
  const [, text = ''] = /^bearer +(\S.*)$/i.exec(header) ?? []
  if (text === '') return 'token_missing'
  const { issuer, principal, code, audience = [] } = tokenOf(text)
  if (code === 'token_expired') return jwt.issuers.includes(issuer ?? '') ? code : 'token_invalid'
  if (code !== undefined) return code
  if (!jwt.issuers.includes(issuer ?? '') || principal === undefined) return 'token_invalid'
  if (jwt.audience !== undefined && !audience.includes(jwt.audience)) return 'token_invalid'
  if (jwt.acr !== undefined && principal.claims.acr !== jwt.acr) return 'step_up_required'
  const age = now - Number(principal.claims.auth_time) * 1000
  if (jwt.maxAge !== undefined && !(age <= milliseconds(jwt.maxAge))) return 'step_up_required'
  return { principal, byCookie: false }
}

function byMethod(asked: Asked, method: Method, { accounts, now }: Terms): Verdict {
  if (typeof method === 'object') return byToken(asked, method, now)
  if (method === 'public') return { principal: undefined, byCookie: false }
  if (method === 'apiKey') {
    const shown = headerOf(asked, 'x-api-key')
    if (shown === undefined) return undefined
    return shown === accounts.apiKey.text
      ? { principal: accounts.apiKey.principal, byCookie: false }
      : 'credential_invalid'
  }
  const shown = cookiesOf(asked, sessionCookie)
  if (shown.length === 0) return undefined
  const isGood = shown.length === 1 && shown[0] === accounts.session.text
  return isGood ? { principal: accounts.session.principal, byCookie: true } : 'credential_invalid'
}

export interface Terms {
  readonly accounts: Accounts
  /** Milliseconds of the wall clock. */
  readonly now: number
}

/** Who calls, or the code that refuses. */
export function authenticate(asked: Asked, methods: readonly Method[], terms: Terms): Caller | string {
  for (const method of methods) {
    const verdict = byMethod(asked, method, terms)
    if (verdict !== undefined) return verdict
  }
  return missingCode(methods)
}

/** What is said where a credential is wanted and none came. */
export const missingCode = (methods: readonly Method[]): string =>
  methods.some((method) => typeof method === 'object') ? 'token_missing' : 'credential_missing'
