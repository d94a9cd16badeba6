/** The routes by which accounts log in: for one issuer, called by whom they are meant for, and no faster than people are. */

import type { Method } from '../../guards/authenticate/method.ts'
import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import type { Finding } from '../findings.ts'
import { identityBuiltinOf } from '../identity-builtin.ts'
import type { Policy, Route } from '../policy.ts'
import { issuersOf, methodsOfRoute } from '../who.ts'
import { defineRule } from './rule.ts'

const forNewcomers = ['login', 'refresh']
const forCallers = ['logout', 'password', 'me', 'sessions', 'session']

/** What an account may call with: an API key has no session that could end. */
const callerKinds = (name: string): readonly string[] =>
  name === 'me' ? ['jwt', 'session', 'apiKey'] : ['jwt', 'session']

export const identityRoutes = defineRule({
  rules: {
    'builtin/no-issuer': {
      severity: 'error',
      cause: 'Accounts log in with tokens that this server signs, for as long as `refreshTtl` of one issuer says.',
      hint: 'give one `builtin` issuer `refreshTtl: 30d`, and no other',
    },
    'builtin/needs-authentication': {
      severity: 'error',
      cause: 'The route speaks of whoever calls it, and anyone else would call it without being an account.',
      hint: 'add `authenticate: { jwt: { issuers: [NAME] } }`, with the `builtin` issuer alone, or `authenticate: session`',
    },
    'builtin/login-for-callers': {
      severity: 'warning',
      cause: 'Who logs in has no token yet, and that of who refreshes may have expired.',
      hint: 'write `authenticate: public`, and `because` where that opens what `defaults` close',
    },
    'builtin/own-input': {
      severity: 'error',
      cause: 'What the route takes is known and closed; another `input` would keep it out, or let more in.',
      hint: 'take `input` out, of `defaults` and `reportOnly` too',
    },
    'builtin/safe-method': {
      severity: 'error',
      cause: 'A browser asks by GET for whatever a page names, and would end a session unasked.',
      hint: 'write `DELETE /sessions/:id`',
    },
    'builtin/no-session-id': {
      severity: 'error',
      cause: 'Which session ends, stands in the path: without it, none does.',
      hint: 'write `DELETE /sessions/:id`',
    },
    'builtin/login-unlimited': {
      severity: 'warning',
      cause: 'Each login costs a password hash: one address could keep all others out.',
      hint: 'add `rateLimit: [{ by: ip, limit: 10, per: 1m }]`',
    },
  },
  check: (policy) => policy.routes.flatMap((route) => checkRoute(route, policy)),
})

function checkRoute(route: Route, policy: Policy): readonly Finding[] {
  const name = identityBuiltinOf(route)
  if (name === undefined) return []
  return [
    ...checkIssuer(route, policy),
    ...checkCaller(route, name, policy),
    ...checkNewcomer(route, name, policy),
    ...checkInput(route),
    ...checkMethod(route, name),
    ...checkId(route, name),
    ...checkLimit(route, name),
  ]
}

function checkIssuer({ at, key }: Route, { issuers, broken }: Policy): readonly Finding[] {
  const { length } = issuers.filter(isIdentityIssuer)
  if (length === 1 || broken.issuers.size > 0) return []
  const message = `\`${key}\` finds ${length === 0 ? 'no' : 'more than one'} \`builtin\` issuer with \`refreshTtl\``
  return [{ rule: 'builtin/no-issuer', at, onKey: true, message }]
}

function checkCaller(route: Route, name: string, { issuers }: Policy): readonly Finding[] {
  const own = issuers.filter(isIdentityIssuer).map((issuer) => issuer.name)
  if (!forCallers.includes(name) || route.broken.has('authenticate') || own.length !== 1) return []
  const accepted = issuersOf(route, issuers)
  const others = methodsOfRoute(route).filter(({ kind }) => !callerKinds(name).includes(kind))
  if (others.length === 0 && accepted.length === 1 && accepted[0] === own[0]) return []
  const message = `expected \`${route.key}\` to be for tokens and sessions of \`${own[0]}\` alone`
  return [{ rule: 'builtin/needs-authentication', at: route.at, onKey: true, message }]
}

/** Who logs in, or whose token has expired, has none. */
function checkNewcomer(route: Route, name: string, { issuers }: Policy): readonly Finding[] {
  const methods = methodsOfRoute(route)
  const own = issuers.filter(isIdentityIssuer).map((issuer) => issuer.name)
  const isOwn = ({ kind }: Method) => kind === 'jwt' || kind === 'session'
  if (!forNewcomers.includes(name) || methods.length === 0 || !methods.every(isOwn)) return []
  if (issuersOf(route, issuers).some((issuer) => !own.includes(issuer))) return []
  const message = `\`${route.key}\` asks for a token or a session of those who come to get one`
  return [{ rule: 'builtin/login-for-callers', at: route.at, onKey: true, message }]
}

/** Of `me` and `jwks`, which take none, an `input` may say more. What is only reported is not held to anything. */
function checkInput({ blocks, destinations, key, reportOnly }: Route): readonly Finding[] {
  const [destination] = destinations
  const implied = destination?.handler.implies?.(destination.value).input
  const block = blocks.get('input')
  if (implied === undefined || block === undefined || (block.value === implied && !reportOnly.includes('input')))
    return []
  return [
    {
      rule: 'builtin/own-input',
      at: block.at,
      onKey: true,
      message: `\`${key}\` has an \`input\` of its own, or only reports it`,
    },
  ]
}

/** What takes a body is no route of GET anyway. */
function checkMethod({ at, key, method }: Route, name: string): readonly Finding[] {
  if (name !== 'session' || (method !== 'GET' && method !== 'HEAD')) return []
  return [{ rule: 'builtin/safe-method', at, onKey: true, message: `\`${key}\` ends a session by \`${method}\`` }]
}

function checkId({ at, key, path }: Route, name: string): readonly Finding[] {
  if (name !== 'session' || path.split('/').includes(':id')) return []
  return [{ rule: 'builtin/no-session-id', at, onKey: true, message: `\`${key}\` has no parameter \`:id\`` }]
}

function checkLimit({ at, key, blocks, broken }: Route, name: string): readonly Finding[] {
  if (name !== 'login' || broken.has('rateLimit')) return []
  const limits = (blocks.get('rateLimit')?.value ?? []) as readonly { readonly by: unknown }[]
  if (limits.some(({ by }) => by === 'ip')) return []
  return [{ rule: 'builtin/login-unlimited', at, onKey: true, message: `\`${key}\` has no limit by address` }]
}
