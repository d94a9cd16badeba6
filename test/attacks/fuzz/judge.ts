/** Compares what came of a request with what the model says had to. */

import { catalogue } from '../../../src/core/denial.ts'
import type { ReadAnswer } from '../answers.ts'
import type { Arrived } from '../destination.ts'
import { sessionCookie } from './model/authenticate.ts'
import { isListed } from './model/cors.ts'
import type { Passed, Verdict } from './model/decide.ts'
import { evaluate } from './model/expression.ts'
import { type Asked, headerOf, readQuery, readTarget, type Target } from './model/request.ts'
import type { Json } from './policy.ts'

/** Everything that is known of one request. */
export interface Outcome {
  readonly asked: Asked
  readonly answer: ReadAnswer
  readonly arrived: readonly Arrived[]
  readonly verdict: Verdict
  /** Credentials of accounts, which never leave the gate. */
  readonly secrets: readonly string[]
}

/** What differs, in words; empty where all is as the model says. */
export function differences(outcome: Outcome): readonly string[] {
  return [...ofAnswer(outcome), ...ofHead(outcome), ...ofArrival(outcome), ...ofSecrets(outcome)]
}

const codeIn = ({ body, headers }: ReadAnswer): string | undefined => {
  if (!/^application\/(problem\+)?json$/.test(headers.get('content-type')?.[0] ?? '') || body.length === 0)
    return undefined
  const { code, type = '' } = JSON.parse(body.toString()) as { code?: string; type?: string }
  return code ?? type.replace('urn:portcullis:', '')
}

function ofAnswer({ asked, answer, verdict }: Outcome): string[] {
  const isHead = asked.method === 'HEAD'
  if (answer.headers.has('x-destination')) {
    if (verdict.passed !== undefined) return []
    return [`expected ${verdict.code ?? verdict.status}, it was let through`]
  }
  if (verdict.passed !== undefined) return [`expected to be let through, got ${answer.status} ${codeIn(answer)}`]
  const { code } = verdict
  const status = code === undefined ? verdict.status : catalogue[code as keyof typeof catalogue].status
  if (answer.status !== status || (code !== undefined && !isHead && codeIn(answer) !== code))
    return [`expected ${status} ${code}, got ${answer.status} ${codeIn(answer)}`]
  return []
}

/** What stands on every answer of a route, refusals included. */
function ofHead({ asked, answer, verdict: { route } }: Outcome): string[] {
  const one = (name: string) => answer.headers.get(name)?.[0]
  const found: string[] = []
  const need = (holds: boolean, what: string) => void (holds || found.push(what))
  need(answer.headers.get('x-request-id')?.length === 1, 'no request id')
  need(one('x-content-type-options') === 'nosniff', 'nosniff is missing')
  need(answer.status < 400 || /no-store/.test(one('cache-control') ?? ''), 'a refusal may be stored')
  need(answer.status !== 401 || one('www-authenticate') !== undefined, '401 without a challenge')
  need(answer.status !== 429 || Number(one('retry-after')) > 0, '429 without a time')
  need(answer.status !== 405 || one('allow') !== undefined, '405 without what is allowed')
  if (route === undefined) return found
  const { headers } = route.blocks
  need(typeof headers !== 'object' || one('x-own-mark') === 'yes', 'the header of the policy is missing')
  const origin = headerOf(asked, 'origin')
  const isOpen = isListed(route.cors, origin)
  const wanted = isOpen ? (route.cors?.origins.includes('*') ? '*' : origin) : undefined
  need(
    one('access-control-allow-origin') === wanted,
    `expected the answer open to ${wanted}, found ${one('access-control-allow-origin')}`,
  )
  const withCredentials = isOpen && route.cors?.credentials === true ? 'true' : undefined
  need(one('access-control-allow-credentials') === withCredentials, 'credentials of cors differ')
  need(route.cors === undefined || /\borigin\b/i.test(one('vary') ?? ''), 'Vary: Origin is missing')
  return found
}

function ofSecrets({ answer, arrived, secrets }: Outcome): string[] {
  const isEcho = answer.headers.has('x-destination')
  const texts = [...arrived.map(({ headers }) => JSON.stringify(headers)), JSON.stringify([...answer.headers])]
  const seen = [...texts, ...(isEcho ? [] : [answer.body.toString('latin1')])]
  return seen.some((text) => secrets.some((secret) => text.includes(secret))) ? ['a credential got out'] : []
}

/** What of a request that arrived is not as it had to be. */
export function differencesOfArrival(asked: Asked, request: Arrived, passed: Passed): string[] {
  return [
    ...ofRequest(asked, request),
    ...ofTarget(request, passed),
    ...ofIdentity(request, passed),
    ...ofBody(asked, request, passed),
  ]
}

function ofArrival({ asked, arrived, verdict: { passed } }: Outcome): string[] {
  if (passed === undefined) return arrived.map(({ method, url }) => `${method} ${url} reached the destination`)
  const [request, ...others] = arrived
  if (request === undefined || others.length > 0) return [`arrived ${arrived.length} times`]
  return differencesOfArrival(asked, request, passed)
}

const neverArrive = [
  'x_user_roles',
  'x-real-ip',
  'x-http-method-override',
  'authorization',
  'te',
  'upgrade',
  'connection-token',
]

function ofRequest(asked: Asked, { method, headers }: Arrived): string[] {
  const carried = neverArrive.filter((name) => name in headers)
  const isBasic = !/^bearer\b/i.test(headerOf(asked, 'authorization') ?? '')
  return [
    ...(method === asked.method ? [] : [`arrived as ${method}`]),
    ...carried.filter((name) => name !== 'authorization' || !isBasic).map((name) => `${name} arrived`),
    ...(String(headers.cookie ?? '').includes(`${sessionCookie}=`) ? ['the session arrived'] : []),
  ]
}

/** The path as it was asked for, or under the prefix of the upstream. */
function ofTarget({ url }: Arrived, { route, target, sanitised }: Passed): string[] {
  const got = readTarget({ method: 'GET', target: url, headers: [], body: undefined })
  if (typeof got === 'string') return [`the path that arrived is ${got}: ${url}`]
  const prefix = typeof route.upstream === 'object' ? route.upstream.prefix : undefined
  const rest = target.segments.slice(route.prefix.length)
  const wanted = prefix === undefined ? target.segments : [prefix.slice(1), ...rest]
  return [
    ...(JSON.stringify(got.segments) === JSON.stringify(wanted)
      ? []
      : [`expected the path ${wanted.join('/')}, arrived ${url}`]),
    ...ofQuery(got, target, sanitised.query),
  ]
}

function ofQuery(got: Target, came: Target, sanitised: Json | undefined): string[] {
  if (sanitised === undefined)
    return got.query === came.query ? [] : [`expected the query ${came.query}, arrived ${got.query}`]
  const wanted = Object.entries(sanitised).map(([name, value]) => [name, [value].flat().map(String)])
  const read = [...(readQuery(got.query) ?? [])].map(([name, value]) => [name, [value].flat()])
  const sorted = (entries: unknown[][]) =>
    JSON.stringify(entries.filter(([, values]) => (values as unknown[]).length > 0).sort())
  return sorted(read) === sorted(wanted) ? [] : [`expected the query ${JSON.stringify(wanted)}, arrived ${got.query}`]
}

function ofIdentity({ headers }: Arrived, { principal, ip, route, facts }: Passed): string[] {
  const word = (text: string) =>
    encodeURIComponent(text)
      .replaceAll('%2F', '/')
      .replace(/%(?![0-9A-F]{2})/g, '%25')
  const words = (list: readonly string[]) =>
    list.length === 0
      ? undefined
      : list
          .map(word)
          .map((text) => decodeURIComponent(text))
          .join(' ')
  const read = (name: string) => (headers[name] === undefined ? undefined : decodeURIComponent(String(headers[name])))
  const expected = {
    'x-user-id': principal?.id,
    'x-user-issuer': principal?.issuer,
    'x-user-scopes': principal && words(principal.scopes),
    'x-user-roles': principal && words(principal.roles),
    'x-forwarded-for': ip,
    ...(typeof route.upstream === 'object' &&
      route.upstream.headers && { 'x-plan': evaluate('${user.claims.plan}', facts) as string }),
  }
  return Object.entries(expected)
    .filter(([name, value]) => read(name) !== value)
    .map(([name, value]) => `expected ${name} ${value}, arrived ${headers[name]}`)
}

function ofBody(asked: Asked, { body }: Arrived, { sanitised }: Passed): string[] {
  if (!('body' in sanitised)) {
    return body.equals(asked.body ?? Buffer.alloc(0)) ? [] : [`another body arrived: ${body.toString('latin1')}`]
  }
  const wanted = canonical(sanitised.body)
  return canonicalText(body) === wanted ? [] : [`expected the body ${wanted}, arrived ${body}`]
}

function canonicalText(body: Buffer): string | undefined {
  try {
    return canonical(JSON.parse(body.toString()))
  } catch {
    return undefined
  }
}

/** The same for objects whose members stand in another order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
    .sort()
    .join()}}`
}
