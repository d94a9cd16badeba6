/** The model's cors: which pages may ask and read. */

import type { Cors } from '../policy.ts'
import type { Verdict } from './decide.ts'
import { type Asked, headerOf } from './request.ts'
import type { Resolved } from './resolve.ts'

/** Whether pages of this origin may read the answers. */
export function isListed(cors: Cors | undefined, origin: string | undefined): boolean {
  if (cors === undefined || origin === undefined) return false
  if (!/^https?:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin)) return false
  return cors.origins.some((listed) => {
    if (!listed.includes('*.')) return listed === '*' || listed === origin
    const [scheme = '', rest = ''] = listed.split('*')
    return (
      origin.startsWith(scheme) &&
      /^[a-z0-9-]+$/.test(origin.slice(scheme.length, -rest.length)) &&
      origin.endsWith(rest)
    )
  })
}

const safelisted = ['accept', 'accept-language', 'content-language', 'content-type', 'range']
const usual = ['authorization', 'if-match', 'if-none-match', 'traceparent', 'x-request-id', 'x-requested-with']

function acceptsHeaders({ headers = usual }: Cors, asked: string | undefined): boolean {
  const accepted = [...safelisted, ...headers.map((name) => name.toLowerCase()), '']
  return (asked ?? '').split(',').every((name) => accepted.includes(name.trim().toLowerCase()))
}

interface Answering {
  readonly method: string
  readonly route: Resolved
}

/** What OPTIONS is answered with on a path that has routes. */
export function preflight(asked: Asked, answering: readonly Answering[]): Verdict {
  const [origin, wanted] = [headerOf(asked, 'origin'), headerOf(asked, 'access-control-request-method')]
  if (origin === undefined || wanted === undefined) return { status: 204 }
  const route = answering.find(({ method }) => method === wanted)?.route
  const isOpen = route?.cors !== undefined && isListed(route.cors, origin)
  const fits = isOpen && acceptsHeaders(route.cors, headerOf(asked, 'access-control-request-headers'))
  return fits ? { status: 204, route } : { code: 'origin_denied' }
}
