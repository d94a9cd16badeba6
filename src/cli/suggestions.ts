/** What someone who just started the server can try: a call that passes, one that is refused, and the same with a token. */

import type { InputBlock } from '../guards/input/input-block.ts'
import type { ScopesBlock } from '../guards/scopes.ts'
import type { Named, Route } from '../policy/policy.ts'
import { isPublic, tokenIssuersOf, tokenMethodsOf } from '../policy/who.ts'
import type { IssuerBlock } from '../services/keys/issuer.ts'

export interface Surroundings {
  readonly url: string
  readonly routes: readonly Route[]
  readonly issuers: readonly Named<IssuerBlock>[]
  /** Writes a command of ours as it is typed here. */
  command(name: string, ...flags: readonly string[]): string
}

/** Lines for a shell, in the order in which they tell the most. */
export function suggestions({ url, routes, issuers, command }: Surroundings): readonly string[] {
  const simple = routes.filter(isSimple).sort((a, b) => hurdlesOf(a) - hurdlesOf(b))
  const open = simple.find(isPublic)
  const guarded = simple.find((route) => !isPublic(route))
  const issuer = guarded && builtinOf(guarded, issuers)
  return [
    ...(open ? [`curl -i ${url}${open.path}`] : []),
    ...(guarded
      ? [
          `curl -i ${url}${guarded.path}   # refused: it asks for a ${tokenMethodsOf(guarded).length > 0 ? 'token' : 'credential'}`,
        ]
      : []),
    ...(guarded && issuer
      ? [
          `TOKEN=$(${command('token', '--sub alice', ...scopesOf(guarded), ...issuer)})`,
          `curl -i -H "Authorization: Bearer $TOKEN" ${url}${guarded.path}`,
        ]
      : []),
  ]
}

/** Where a browser shows the API: a page that asks for no token. */
export function docsPage({ url, routes }: Surroundings): string | undefined {
  const page = routes.find((route) => isSimple(route) && isPublic(route) && isDocs(route))
  return page && `${url}${page.path}`
}

const isDocs = ({ destinations }: Route): boolean =>
  destinations.some(({ handler, value }) => handler.name === 'builtin' && value === 'docs')

/** A path and nothing else makes a request of it. */
const isSimple = ({ method, params, hosts, blocks }: Route): boolean =>
  method === 'GET' && params.length === 0 && hosts.length === 0 && !needsInput(blocks.get('input')?.value)

function needsInput(input: unknown): boolean {
  const { query, headers, cookies } = (input ?? {}) as InputBlock
  return [query, headers, cookies].some(
    (part) => typeof part === 'object' && Object.values(part).some(({ required }) => required === true),
  )
}

/** Guards that may refuse the caller whatever the token says. */
const hurdlesOf = ({ blocks }: Route): number => ['network', 'authorize'].filter((name) => blocks.has(name)).length

/** The flag that names the issuer, where one is needed; undefined where no token of the route can be minted here. */
function builtinOf(route: Route, issuers: readonly Named<IssuerBlock>[]): readonly string[] | undefined {
  const accepted = tokenIssuersOf(route, issuers)
  const builtin = issuers.filter(({ value }) => value.builtin)
  const issuer = builtin.find(({ name }) => accepted.includes(name))
  if (issuer === undefined) return undefined
  return builtin.length === 1 ? [] : [`--issuer ${issuer.name}`]
}

function scopesOf({ blocks }: Route): readonly string[] {
  const wanted = blocks.get('scopes')?.value as ScopesBlock | undefined
  const needed = wanted === undefined || 'any' in wanted ? (wanted?.any.slice(0, 1) ?? []) : wanted
  return needed.length === 0 ? [] : [`--scopes ${needed.join(',')}`]
}
