/** What `serve` says once it listens: where, what is open without a token, and what to try. */

import { join } from 'node:path'
import type { App } from '../app.ts'
import type { Route } from '../policy/policy.ts'
import { isPublic } from '../policy/who.ts'
import type { Started } from '../server/operator.ts'
import type { KeptLog } from '../services/audit/keep-log.ts'
import type { Log } from '../services/log.ts'
import { type Paint, paintFor } from './paint.ts'
import { program } from './program.ts'
import { rowOf } from './route-table.ts'
import { shellWord } from './shell-word.ts'
import { docsPage, type Surroundings, suggestions } from './suggestions.ts'

interface Announcement extends Started {
  readonly url: string
  readonly directory: string
  /** The values file of the command line. */
  readonly values: string | undefined
  readonly app: App
  /** The log that is kept; none where `settings.audit` is `off`. */
  readonly kept: KeptLog | undefined
  readonly log: Log
  readonly stream: NodeJS.WriteStream
}

/** A readable summary on a terminal, one structured line anywhere else. */
export function announce({ url, admin, workers, directory, values, app, kept, log, stream }: Announcement): void {
  const { routes, issuers, policy } = app
  if (stream.isTTY) {
    const command = commandFor(directory, values)
    stream.write(summaryOf({ url, admin, workers, directory, kept, routes, issuers, command }, paintFor(stream)))
    return
  }
  const open = routes.filter(isPublic).length
  const isAlone = workers === 1
  const audit = kept && (isAlone ? join(kept.dir, kept.id) : kept.dir)
  const facts = { url, directory, routes: routes.length, public: open, digest: policy.digest, audit, admin }
  log.info(isAlone ? facts : { ...facts, workers }, `listening on ${url}`)
}

/** The same directory and values file again, unless they are the usual ones. */
function commandFor(directory: string, values: string | undefined): Surroundings['command'] {
  const where = [
    ...(directory === 'policies' ? [] : [shellWord(directory)]),
    ...(values ? ['--values', shellWord(values)] : []),
  ]
  return (name, ...flags) => [program, name, ...where, ...flags].join(' ')
}

const usualDir = 'data/audit'

const auditCommand = (name: string, dir: string): string =>
  [program, 'audit', name, ...(dir === usualDir ? [] : [shellWord(dir)])].join(' ')

const mostShown = 12

/** The text of the summary. */
export function summaryOf(
  {
    admin,
    workers,
    directory,
    kept,
    ...around
  }: Surroundings & Pick<Announcement, 'admin' | 'workers' | 'directory' | 'kept'>,
  paint: Paint,
): string {
  const { url, routes, command } = around
  const open = routes.filter(isPublic)
  const shown = openRows(open.slice(0, mostShown))
  const others = open.length - shown.length
  const page = docsPage(around)
  const lines = [
    '',
    `  ${paint('bold', 'Portcullis')} enforces ${paint('cyan', directory)} on ${paint('green', url)}${workers === 1 ? '' : `, with ${workers} workers`}`,
    '',
    `  ${count(routes.length, 'route')}, ${open.length === 0 ? 'none' : open.length} of them open without a token${open.length === 0 ? '' : ':'}`,
    ...shown.map((line) => `    ${line}`),
    ...(others > 0 ? [`    and ${others} more`] : []),
    '',
    '  Try, in a second terminal:',
    ...suggestions(around).map((line) => `    ${line}`),
    '',
    ...(page === undefined ? [] : [`  In a browser: ${paint('green', page)}`]),
    `  Every route: ${paint('dim', command('routes'))}`,
    ...(admin ? [`  For its operator: ${paint('green', admin)}`] : []),
    ...(kept ? [`  On record: ${paint('dim', auditCommand('show', kept.dir))}`] : []),
    '',
  ]
  return `${lines.join('\n')}\n`
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

/** Each with what still holds its callers: where they come from, and how often. */
function openRows(routes: readonly Route[]): readonly string[] {
  const names = routes.map((route) => rowOf(route).route)
  const width = Math.max(0, ...names.map((name) => name.length))
  return routes.map((route, index) => `${names[index]?.padEnd(width)}  ${holdsOf(route)}`)
}

function holdsOf(route: Route): string {
  const network = route.blocks.get('network')?.value as readonly string[] | undefined
  const { limits } = rowOf(route)
  const holds = [...(network ? [`from ${network.join(', ')}`] : []), ...(limits ? [limits] : [])]
  return holds.length > 0 ? holds.join('; ') : 'everyone, without a limit'
}
