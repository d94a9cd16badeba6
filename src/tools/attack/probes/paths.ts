/** Other spellings of a path, other methods: what a careless comparison takes for the route, or for another one. */

import type { Code } from '../../../core/denial.ts'
import type { Policy } from '../../../policy/policy.ts'
import type { Probe } from '../probe.ts'
import type { Target } from '../target.ts'
import { pathOf } from '../write-request.ts'

const malformed: readonly Code[] = ['request_malformed']
const unknown: readonly Code[] = ['route_unknown', 'method_not_allowed', 'request_malformed']

export function probePaths(target: Target, policy: Policy): readonly Probe[] {
  const path = pathOf(target.route, target.places.path.value as Readonly<Record<string, unknown>>)
  const probe = (title: string, spelling: string, codes: readonly Code[]): Probe =>
    target.probe('routes', title, target.request({ path: spelling }), { kind: 'refused', codes })
  const dotted = [
    `${path}/.`,
    `${path}/..`,
    `/.${path}`,
    `/portcullis-attack/..${path}`,
    `/portcullis-attack/%2e%2e${path}`,
    `/%2E${path}`,
  ]
  const odd = [
    `/${path}`,
    `${path}%2f`,
    `${path}%5c`,
    `${path}\\`,
    `${path};portcullis=attack`,
    `${path}%00`,
    `${path}%ff`,
  ]
  const others = [`${path}/`, shout(path), `${path}.json`].filter(
    (other) => other !== path && !isAnswered(other, policy),
  )
  return [
    ...dotted.map((spelling) => probe(`the path as \`${spelling}\``, spelling, malformed)),
    ...odd.map((spelling) => probe(`the path as \`${spelling}\``, spelling, malformed)),
    ...others.map((spelling) => probe(`the path as \`${spelling}\``, spelling, unknown)),
    ...probeMethods(target, policy),
  ]
}

/** Parameters are another matter: their case is theirs. */
const shout = (path: string): string => path.replace(/[a-z]/, (letter) => letter.toUpperCase())

/** Whether any route has this shape of path, whatever its method. */
function isAnswered(path: string, { routes }: Policy): boolean {
  return routes.some(({ path: pattern }) => patternOf(pattern).test(path))
}

function patternOf(pattern: string): RegExp {
  const segments = pattern.split('/').map((segment) => {
    if (segment.startsWith('*')) return '.*'
    return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${segments.join('/')}$`)
}

/** A method that no route of the path has; the verb of a header in its place changes nothing. */
function probeMethods(target: Target, { routes }: Policy): readonly Probe[] {
  const request = target.request()
  const [path = ''] = request.target.split('?')
  const known = new Set(routes.filter((route) => patternOf(route.path).test(path)).map(({ method }) => method))
  const free = known.has('ANY')
    ? []
    : ['PUT', 'PATCH', 'DELETE', 'POST'].filter((method) => !known.has(method)).slice(0, 1)
  const refused = { kind: 'refused', codes: ['method_not_allowed'] } as const
  return [
    target.probe(
      'routes',
      'TRACE',
      { ...target.request({ credential: [], body: undefined }), method: 'TRACE' },
      refused,
    ),
    ...free.map((method) =>
      target.probe('routes', `${method}, which no route of the path has`, { ...request, method }, refused),
    ),
  ]
}
