/** `portcullis serve`: load, check, compile, listen; SIGHUP loads anew, SIGTERM drains. */

import { availableParallelism } from 'node:os'
import { type App, createApp } from '../app.ts'
import { readValues as readAgain } from '../library/options.ts'
import { refusePlain } from '../policy/listen-settings.ts'
import type { Settings } from '../policy/settings.ts'
import { accessLog } from '../server/access-log.ts'
import { leave } from '../server/leave.ts'
import { type Listening, listen } from '../server/listen.ts'
import type { Operator } from '../server/operator.ts'
import { Overload } from '../server/overload.ts'
import { shrinkHeap } from '../server/shrink-heap.ts'
import { untilShutdown } from '../server/shutdown.ts'
import { standalone } from '../server/standalone.ts'
import { openRedirects, openSecure } from '../server/tls/open-secure.ts'
import { readSeat } from '../server/workers/seat.ts'
import { keepLog } from '../services/audit/keep-log.ts'
import { auditObserver } from '../services/audit/observe.ts'
import { createLog, type LogLevel, logLevels } from '../services/log.ts'
import { announce } from './announce.ts'
import { type Call, defineCommand, text, UsageFault } from './command.ts'
import { paintFor } from './paint.ts'
import { reportText } from './report/text.ts'
import { readValues } from './values.ts'

export const serve = defineCommand({
  example: 'portcullis serve ./policies --port 8080',
  options: {
    port: { type: 'string', value: 'PORT', description: 'In place of `settings.listen.port`; 0 takes a free one.' },
    host: { type: 'string', value: 'HOST', description: 'In place of `settings.listen.host`.' },
    workers: {
      type: 'string',
      value: 'N',
      description: 'How many processes serve, `auto` for one a core; 1 unless told.',
    },
    values: { type: 'string', value: 'FILE', description: 'Values in place of the declared ones.' },
    watch: { type: 'boolean', description: 'Reloads when the policies change, as SIGHUP does.' },
    'log-level': {
      type: 'string',
      value: 'LEVEL',
      description: '`debug` logs allowed requests too; `info` unless told.',
    },
  },
  exits: {
    0: 'stopped by SIGTERM or SIGINT, after running requests ended',
    1: 'the policies have errors; or it ended at once, or without all that is to be on record',
    2: 'wrong usage, or the policy directory cannot be read',
    3: 'could not start: the port, a key, a secret, a module or the audit log',
  },
  async run(call) {
    const workers = readWorkers(text(call.flags.workers))
    const log = createLog({ pretty: process.stdout.isTTY, level: readLevel(text(call.flags['log-level'])) })
    // A file that cannot be read is wrong usage at the start, and a refused reload later.
    readValues(call.flags.values)
    const { directory, flags } = call
    const options = { directory, values: text(flags.values), log, isWatching: flags.watch === true }
    const seat = readSeat()
    if (seat) return serveUnder((await import('../server/workers/worker.ts')).worker(log, seat), call)
    if (workers === 1) return serveUnder(standalone(options), call)
    return (await import('../server/workers/primary.ts')).servePrimary({ ...options, workers })
  },
})

const serveUnder = (operator: Operator, call: Call): Promise<number> =>
  serveTo(operator, call)
    .catch((error) => operator.fail(error))
    .finally(() => operator.end())

async function serveTo(operator: Operator, { directory, flags }: Call): Promise<number> {
  const { world, workers, log, life } = operator
  const values = text(flags.values)
  const recorder = auditObserver(world)
  const created = await createApp(directory, {
    values: () => (values === undefined ? undefined : readAgain({ values })),
    world,
    listenOn: { host: text(flags.host), port: readPort(text(flags.port)) },
    observers: [accessLog(log), recorder],
    admission: new Overload(world, workers),
  })
  refusePlain(created.policy.settings)
  if (operator.isFirst) showWarnings(created)
  const { limits, audit } = created.policy.settings
  const kept = audit && (await keepLog(audit, world))
  const { bareHead } = created
  const { tickets, redirect, ...address } = await operator.open(created)
  const { app, certificates } = await openSecure(created, { tickets, world })
  shrinkHeap()
  const server = await listen(app.koa.callback(), {
    ...address,
    secure: certificates,
    limits: shareOf(limits, workers),
    world,
    bareHead,
    unread: (refused) => recorder.unread(refused),
    surplus: () => world.metrics.shed.add({ reason: 'connections' }),
  })
  const redirecting = await openRedirects(redirect, { app, certificates, world, port: server.port }).catch(
    async (error) => {
      await server.close(0)
      throw error
    },
  )
  world.status.open()
  const { url } = server
  const stream = process.stdout
  operator.begin({
    app,
    url,
    announce: (told) => announce({ ...told, url, directory, values, app, kept, log, stream }),
  })
  const keep = async (): Promise<void> => {
    recorder.close()
    await kept?.close()
  }
  const close = async (...times: Parameters<Listening['close']>): Promise<void> => {
    operator.drain()
    await Promise.all([server.close(...times), redirecting?.close(...times)])
    certificates?.close()
    await operator.close()
  }
  const { shutdown } = app.policy.settings
  const { status } = world
  await untilShutdown({ server: { close }, status, log: life, shutdown, keep, asked: operator.stop() })
  const lost = () => ({ entries: kept?.waiting() })
  return leave(log, [
    { name: 'the policies', patience: 500, close: () => app.close() },
    { name: 'the audit log', patience: 4_000, close: keep, lost },
    { name: 'the accounts', patience: 1_000, close: () => world.accounts.close() },
    { name: 'shared state', patience: 500, close: () => world.stores.close() },
    { name: 'connections to upstreams', patience: 500, close: async () => world.upstreams.close() },
  ])
}

/** What holds for all processes together. */
const shareOf = (limits: Settings['limits'], workers: number): Settings['limits'] => ({
  ...limits,
  connections: Math.ceil(limits.connections / workers),
})

function showWarnings(app: App): void {
  const warnings = app.warnings.filter(({ severity }) => severity === 'warning')
  if (warnings.length > 0) process.stderr.write(`${reportText(warnings, paintFor(process.stderr))}\n`)
}

function readLevel(level = 'info'): LogLevel {
  const known = logLevels.find((name) => name === level)
  if (known !== undefined) return known
  throw new UsageFault(`expected \`--log-level\` to be one of ${logLevels.join(', ')}, got \`${level}\``)
}

const mostWorkers = 1_024

function readWorkers(written = '1'): number {
  if (written === 'auto') return availableParallelism()
  const number = Number(written)
  if (/^\d{1,4}$/.test(written) && number >= 1 && number <= mostWorkers) return number
  throw new UsageFault(`expected \`--workers\` from 1 to ${mostWorkers}, or \`auto\`, got \`${written}\``)
}

function readPort(port: string | undefined): number | undefined {
  if (port === undefined) return undefined
  const number = Number(port)
  if (/^\d{1,5}$/.test(port) && number <= 65_535) return number
  throw new UsageFault(`expected \`--port\` from 0 to 65535, got \`${port}\``)
}
