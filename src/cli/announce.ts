/** What `serve` says once it listens: where, what is open to everyone, and what to try. */

import type { App } from '../app.ts'
import type { Route } from '../policy/policy.ts'
import { isPublic } from '../policy/who.ts'
import type { Log } from '../services/log.ts'
import { paintFor } from './paint.ts'
import { rowOf } from './route-table.ts'

interface Announcement {
  readonly url: string
  readonly directory: string
  readonly app: App
  readonly log: Log
  readonly stream: NodeJS.WriteStream
}

/** A readable summary on a terminal, one structured line anywhere else. */
export function announce({ url, directory, app, log, stream }: Announcement): void {
  const open = app.routes.filter(isPublic)
  if (!stream.isTTY) {
    log.info(
      { url, directory, routes: app.routes.length, public: open.length, digest: app.policy.digest },
      `listening on ${url}`,
    )
    return
  }
  stream.write(summaryOf({ url, directory, routes: app.routes, paint: paintFor(stream) }))
}

interface Summary {
  readonly url: string
  readonly directory: string
  readonly routes: readonly Route[]
  readonly paint: ReturnType<typeof paintFor>
}

/** The text of the summary. */
export function summaryOf({ url, directory, routes, paint }: Summary): string {
  const open = routes.filter(isPublic)
  const lines = [
    '',
    `  ${paint('bold', 'Portcullis')} enforces ${paint('cyan', directory)} on ${paint('green', url)}`,
    '',
    `  ${routes.length} routes, ${open.length} of them open to everyone:`,
    ...open.map((route) => `    ${rowOf(route).route}`),
    '',
    '  Try:',
    ...suggestions(url, routes).map((line) => `    ${line}`),
    '',
    `  Every route: ${paint('dim', `npm run --silent portcullis -- routes ${directory}`)}`,
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** One call that passes without a token, one that is refused, and the same with a token. */
function suggestions(url: string, routes: readonly Route[]): readonly string[] {
  const simple = routes.filter(
    ({ method, params, hosts }) => method === 'GET' && params.length === 0 && hosts.length === 0,
  )
  const open = simple.find(isPublic)
  const guarded = simple.find((route) => !isPublic(route))
  const scopes = guarded?.blocks.get('scopes')?.value
  const wanted = Array.isArray(scopes) ? ` --scopes ${scopes.join(',')}` : ''
  const token = `TOKEN=$(npm run --silent portcullis -- token --sub alice${wanted})`
  return [
    ...(open ? [`curl -i ${url}${open.path}`] : []),
    ...(guarded
      ? [`curl -i ${url}${guarded.path}`, token, `curl -i -H "Authorization: Bearer $TOKEN" ${url}${guarded.path}`]
      : []),
  ]
}
