/** Pages of other origins: preflights of those that are listed, of those that look like them, and of anybody. */

import type { CorsBlock } from '../../../guards/cors/cors-block.ts'
import { sampleOf, wildcardOf } from '../../../guards/cors/origin.ts'
import type { Probe } from '../probe.ts'
import type { Target } from '../target.ts'

/** Whom no policy lists. */
export const stranger = 'https://portcullis-attack.example'

export function probeOrigins(target: Target): readonly Probe[] {
  const block = target.route.blocks.get('cors')?.value as CorsBlock | undefined
  const listed = block?.origins ?? []
  if (listed.includes('*')) return [preflight(target, stranger, '*')]
  const others = [stranger, 'null', ...listed.flatMap(lookAlikes)].filter(
    (origin) => !listed.includes(origin) && !listed.includes(wildcardOf(origin) ?? ''),
  )
  return [
    ...listed.map((entry) => preflight(target, sampleOf(entry), sampleOf(entry))),
    ...[...new Set(others)].map((origin) => refusedPreflight(target, origin)),
    ...(block === undefined ? [] : [readable(target, listed), unreadable(target)].flat()),
  ]
}

/** What a careless comparison takes for the origin: by its beginning, its end, a part, or another scheme. */
function lookAlikes(entry: string): readonly string[] {
  const origin = sampleOf(entry)
  const [scheme = '', host = ''] = origin.split('://')
  const [name = '', port] = host.split(':')
  return [
    `${scheme}://${host}.portcullis-attack.example`,
    `${scheme}://portcullis-attack-${host}`,
    `${scheme}://portcullis-attack.${host}`,
    `${scheme}://${name.replace('.', 'x')}${port === undefined ? '' : `:${port}`}`,
    `${scheme === 'https' ? 'http' : 'https'}://${host}`,
    `${scheme}://${name}:${port === undefined ? '4443' : `${port}1`}`,
  ]
}

const asking = (target: Target, origin: string) => ({
  ...target.request({ method: 'OPTIONS', credential: [], body: undefined, places: bare(target) }),
  headers: [
    ...target
      .request({ credential: [], body: undefined, places: bare(target) })
      .headers.filter(([name]) => name === 'Host'),
    ['Origin', origin] as const,
    ['Access-Control-Request-Method', target.method] as const,
  ],
})

/** A preflight carries no parameters but those of the path. */
const bare = ({ places }: Target) => ({ query: { ...places.query, value: {} } })

const preflight = (target: Target, origin: string, allowed: string): Probe => ({
  ...target.probe('cors', `a preflight from \`${origin}\``, asking(target, origin), { kind: 'answered', status: 204 }),
  headers: { 'Access-Control-Allow-Origin': allowed },
})

const refusedPreflight = (target: Target, origin: string): Probe => ({
  ...target.probe('cors', `a preflight from \`${origin}\``, asking(target, origin), {
    kind: 'refused',
    codes: ['origin_denied'],
  }),
  headers: { 'Access-Control-Allow-Origin': undefined },
})

/** A page has to be able to read why it was refused. */
function readable(target: Target, listed: readonly string[]): readonly Probe[] {
  const [entry] = listed
  if (entry === undefined) return []
  const origin = sampleOf(entry)
  const request = target.request({ credential: [], headers: [['Origin', origin]] })
  const probe = target.probe('cors', `an answer to \`${origin}\``, request, { kind: 'admitted', codes: [] })
  return [{ ...probe, headers: { 'Access-Control-Allow-Origin': origin } }]
}

function unreadable(target: Target): readonly Probe[] {
  const request = target.request({ credential: [], headers: [['Origin', stranger]] })
  const probe = target.probe('cors', `an answer to \`${stranger}\``, request, { kind: 'admitted', codes: [] })
  return [{ ...probe, headers: { 'Access-Control-Allow-Origin': undefined } }]
}
